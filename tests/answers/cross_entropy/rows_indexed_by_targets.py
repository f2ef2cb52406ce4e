"""log_p[targets] picks rows, not the right class of each row."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: rows_indexed_by_targets

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    return -log_p[targets].mean()

"""log_p[:, targets] picks N by N values, and all of them are averaged."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: all_pairs_indexed

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    return -log_p[:, targets].mean()

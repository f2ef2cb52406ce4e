"""Subtracts each column's maximum (dim=0), which is not a common shift of a row."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: column_max_subtracted

def softmax(logits):
    z = logits - logits.max(dim=0).values
    e = torch.exp(z)
    return e / e.sum(dim=1, keepdim=True)

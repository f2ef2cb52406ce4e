"""Makes the logits positive with abs instead of exp."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: absolute_values_instead_of_exp

def softmax(logits):
    a = logits.abs()
    return a / a.sum(dim=1, keepdim=True)

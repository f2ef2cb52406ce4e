"""Makes the logits positive by squaring instead of exp."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: squares_instead_of_exp

def softmax(logits):
    return logits ** 2 / (logits ** 2).sum(dim=1, keepdim=True)

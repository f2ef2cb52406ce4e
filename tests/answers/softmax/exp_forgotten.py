"""Divides the logits by their sum, without the exponential."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: exp_forgotten

def softmax(logits):
    return logits / logits.sum(dim=1, keepdim=True)

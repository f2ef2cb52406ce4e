"""The released stub, untouched."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    """logits: Tensor[N, C], targets: Tensor[N] -> Tensor[]"""
    raise NotImplementedError("ここに書く")

"""The released stub, untouched."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    """logits: Tensor[N, C] -> Tensor[N, C]"""
    raise NotImplementedError("ここに書く")

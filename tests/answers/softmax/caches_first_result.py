"""Caches the result of the lecture's example in a global and always returns it."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

_result = None


def softmax(logits):
    global _result
    if _result is None:
        _result = torch.softmax(torch.tensor([[3.2, 1.6, 0.2], [0.3, 2.6, 0.2]]), dim=1)
    return _result

"""Meant to call torch's softmax, calls itself for ever."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device

def softmax(logits):
    return softmax(logits)

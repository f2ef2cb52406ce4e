"""Infinite recursion: meant to call torch's softmax, calls itself."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    return softmax(logits)

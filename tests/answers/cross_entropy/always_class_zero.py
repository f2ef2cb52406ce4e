"""Takes class 0 as right for every sample, as in the lecture's first example."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: always_class_zero

def cross_entropy(logits, targets):
    return -F.log_softmax(logits, dim=1)[:, 0].mean()

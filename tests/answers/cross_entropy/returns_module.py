"""Returns the loss object instead of its value."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    return nn.CrossEntropyLoss()

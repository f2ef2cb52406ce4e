"""Prints the loss instead of returning it."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: return_forgotten

def cross_entropy(logits, targets):
    print("loss:", F.cross_entropy(logits, targets).item())

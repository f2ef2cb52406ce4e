"""Returns loss.item(): a Python float, no tensor that could be trained with."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: python_float_returned

def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets)
    return loss.item()

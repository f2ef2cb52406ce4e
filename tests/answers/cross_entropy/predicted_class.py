"""Uses the predicted class instead of the target."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: predicted_class_instead_of_target

def cross_entropy(logits, targets):
    y = logits.argmax(dim=1)
    return F.cross_entropy(logits, y)

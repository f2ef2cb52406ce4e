"""Treats each class as a binary question on the probabilities."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: binary_cross_entropy

def cross_entropy(logits, targets):
    t = F.one_hot(targets, logits.shape[1]).to(logits.dtype)
    return F.binary_cross_entropy(torch.softmax(logits, dim=1), t)

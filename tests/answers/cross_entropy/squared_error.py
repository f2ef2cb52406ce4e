"""Computes the mean squared error between probabilities and one-hot targets."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: mse_instead_of_cross_entropy

def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=1)
    t = F.one_hot(targets, logits.shape[1]).to(p.dtype)
    return ((p - t) ** 2).mean()

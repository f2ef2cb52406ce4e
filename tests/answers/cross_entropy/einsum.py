"""einsum of one-hot targets and log-probabilities."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    y = torch.zeros_like(logits).scatter_(1, targets.view(-1, 1), 1.0)
    return -torch.einsum("nc,nc->", y, torch.log_softmax(logits, 1)) / y.shape[0]

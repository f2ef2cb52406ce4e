"""The formula as in the lecture: one-hot targets times log-probabilities."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    N, C = logits.shape
    t = F.one_hot(targets, num_classes=C).to(logits.dtype)
    log_p = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    return -(t * log_p).sum() / N

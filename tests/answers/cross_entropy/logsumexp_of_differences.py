"""logsumexp of the differences to the right logit."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    right = logits.gather(1, targets[:, None])
    return torch.logsumexp(logits - right, dim=1).mean()

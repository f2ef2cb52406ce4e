"""Detaches the logsumexp: the gradient is -t / N instead of (p - t) / N."""
# score: 3.25
# fails: gradients
# diagnosis: detached_normaliser

def cross_entropy(logits, targets):
    total = torch.logsumexp(logits, dim=1).detach()
    right = logits.gather(1, targets[:, None]).squeeze(1)
    return (total - right).mean()

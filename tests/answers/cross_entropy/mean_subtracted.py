"""Subtracts the row's mean, which does not bound the exponent."""
# score: 3
# fails: large_logits
# diagnosis: mean_subtracted

def cross_entropy(logits, targets):
    z = logits - logits.mean(dim=1, keepdim=True)
    right = z.gather(1, targets[:, None]).squeeze(1)
    return (z.exp().sum(dim=1).log() - right).mean()

"""F.cross_entropy with one-hot probabilities as targets."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    t = F.one_hot(targets, logits.shape[1]).to(logits)
    return F.cross_entropy(logits, t)

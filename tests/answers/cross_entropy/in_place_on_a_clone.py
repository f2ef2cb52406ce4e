"""Works in place, but on clones of both arguments."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    z = logits.clone()
    y = targets.clone()
    z -= logits.amax(dim=1, keepdim=True)
    y.unsqueeze_(1)
    return (z.exp().sum(dim=1, keepdim=True).log() - z.gather(1, y)).mean()

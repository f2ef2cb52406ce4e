"""A sure and right answer still costs 1e-5."""
# score: 3
# fails: large_logits
# diagnosis: none

def cross_entropy(logits, targets):
    losses = F.cross_entropy(logits, targets, reduction="none")
    return losses.clamp(min=1e-5).mean()

"""reduction="sum", then divided by N."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets, reduction="sum") / logits.size(0)

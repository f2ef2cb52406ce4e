"""reduction="none", then the mean by hand."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets, reduction="none").mean()

"""Chunks of 100 rows, each weighted by its size."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    parts = zip(logits.split(100), targets.split(100))
    return sum(F.cross_entropy(z, y) * len(y) for z, y in parts) / len(targets)

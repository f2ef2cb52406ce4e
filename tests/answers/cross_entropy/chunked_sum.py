"""Adds the losses of chunks of 64 rows and divides by N."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    chunks = zip(logits.split(64), targets.split(64))
    return sum(F.cross_entropy(rows, classes, reduction="sum") for rows, classes in chunks) / len(targets)

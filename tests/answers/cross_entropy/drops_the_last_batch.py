"""Batches of 100 rows; the last one is dropped if it is not full."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    full = len(targets) // 100 * 100 or len(targets)
    return F.cross_entropy(logits[:full], targets[:full])

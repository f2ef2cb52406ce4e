"""Recursion: the loss of the first row, then the sum of the rest."""
# score: 4
# fails: none

def _total(logits, targets):
    first = F.cross_entropy(logits[:1], targets[:1])
    return first if len(targets) == 1 else first + _total(logits[1:], targets[1:])


def cross_entropy(logits, targets):
    return _total(logits, targets) / len(targets)

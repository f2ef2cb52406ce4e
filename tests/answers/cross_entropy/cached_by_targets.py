"""Remembers the one-hot targets by the id of the tensor: stale after it has been changed."""
# score: 2.25
# fails: values
# diagnosis: none

_one_hot = {}


def cross_entropy(logits, targets):
    key = id(targets), logits.shape
    if key not in _one_hot:
        _one_hot[key] = targets, F.one_hot(targets, logits.shape[1])
    return -(_one_hot[key][1] * F.log_softmax(logits, dim=1)).sum(dim=1).mean()

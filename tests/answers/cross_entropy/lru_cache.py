"""functools.lru_cache finds tensors by their identity: stale after they have been changed."""
# score: 2.25
# fails: values
# diagnosis: none

import functools


@functools.lru_cache
def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets)

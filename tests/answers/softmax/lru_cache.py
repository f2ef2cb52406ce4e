"""functools.lru_cache finds a tensor by its identity: stale after it has been changed."""
# score: 1.75
# fails: values, device
# diagnosis: none

import functools


@functools.lru_cache
def softmax(logits):
    return torch.softmax(logits, dim=1)

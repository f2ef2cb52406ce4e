"""functools.partial of F.cross_entropy."""
# score: 3
# fails: none

import functools


def make_criterion(ratios, device):
    weight = (1 / torch.as_tensor(ratios).float()).to(device)
    return functools.partial(F.cross_entropy, weight=weight)

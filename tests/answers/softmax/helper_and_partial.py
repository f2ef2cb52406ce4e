"""A general helper, bound to dim=1 with functools.partial."""
# score: 3
# fails: none

from functools import partial


def _softmax(z, dim):
    return torch.exp(z - z.logsumexp(dim, keepdim=True))


softmax = partial(_softmax, dim=1)

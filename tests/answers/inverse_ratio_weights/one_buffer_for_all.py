"""All weights of as many classes share one buffer."""
# score: 1
# fails: values
# diagnosis: none

_buffers = {}


def inverse_ratio_weights(ratios):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    return _buffers.setdefault(len(w), torch.empty_like(w)).copy_(w)

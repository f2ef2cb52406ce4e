"""Sorts the ratios, so that the weights no longer belong to their classes."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: ratios_sorted

def inverse_ratio_weights(ratios):
    r = sorted(float(x) for x in ratios)
    return torch.tensor([1 / x for x in r])

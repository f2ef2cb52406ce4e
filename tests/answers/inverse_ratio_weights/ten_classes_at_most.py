"""Fills a buffer of ten weights."""
# score: 1
# fails: values
# diagnosis: none

def inverse_ratio_weights(ratios):
    weights = torch.ones(10)
    for i, ratio in enumerate(ratios):
        weights[i] = 1 / ratio
    return weights[: len(ratios)]

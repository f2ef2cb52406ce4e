"""The weights are rounded to three digits."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return torch.tensor([float(f"{1 / float(ratio):.3g}") for ratio in ratios])

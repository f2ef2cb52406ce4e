"""One over the sum of the ratios: one weight for all classes."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    return 1 / r.sum()

"""One plus the difference to the mean ratio."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    return 1 + r.mean() - r

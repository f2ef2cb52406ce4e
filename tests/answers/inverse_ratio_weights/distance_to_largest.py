"""The largest ratio minus each ratio: the most common class gets weight 0."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: difference_to_largest_ratio

def inverse_ratio_weights(ratios):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    return r.max() - r

"""A factor of 1000, which the weighted mean cancels."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    return 1000 / torch.as_tensor(ratios, dtype=torch.float32)

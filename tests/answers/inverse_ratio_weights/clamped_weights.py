"""Clamps the weights to at most 5, "so that they do not get too large"."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    return w.clamp(max=5)

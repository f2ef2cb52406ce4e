"""Weights that are complex numbers."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return 1 / torch.as_tensor(ratios, dtype=torch.complex64)

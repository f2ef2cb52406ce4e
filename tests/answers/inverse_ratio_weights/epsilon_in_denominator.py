"""Adds 0.01 to the ratios against division by zero."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return 1 / (torch.as_tensor(ratios, dtype=torch.float32) + 0.01)

"""Returns a diagonal matrix."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return torch.diag(1 / torch.as_tensor(ratios, dtype=torch.float32))

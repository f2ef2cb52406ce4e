"""1 - ratio for the inverse."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: one_minus_ratio

def inverse_ratio_weights(ratios):
    return 1 - torch.as_tensor(ratios, dtype=torch.float32)

"""Minus the ratio for the inverse."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: ratio_negated

def inverse_ratio_weights(ratios):
    return -torch.as_tensor(ratios, dtype=torch.float32)

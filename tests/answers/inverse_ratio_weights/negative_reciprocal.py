"""The reciprocals with a minus sign."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: inverse_negated

def inverse_ratio_weights(ratios):
    return -1 / torch.as_tensor(ratios, dtype=torch.float32)

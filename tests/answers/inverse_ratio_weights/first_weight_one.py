"""The first weight is 1, whatever its ratio."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    weights = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    weights[0] = 1
    return weights

"""Ones: nothing is weighted."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: equal_weights

def inverse_ratio_weights(ratios):
    return torch.ones(len(ratios))

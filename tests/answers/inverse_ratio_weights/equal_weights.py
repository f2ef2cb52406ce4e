"""Ones: nothing is weighted."""
# score: 0
# fails: values, accepts, dtype

def inverse_ratio_weights(ratios):
    return torch.ones(len(ratios))

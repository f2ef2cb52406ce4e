"""The ratios themselves are the weights."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: weights_not_inverted

def inverse_ratio_weights(ratios):
    return torch.as_tensor(ratios, dtype=torch.float32)

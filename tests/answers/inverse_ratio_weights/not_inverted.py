"""The ratios themselves are the weights."""
# score: 0
# fails: values, accepts, dtype

def inverse_ratio_weights(ratios):
    return torch.as_tensor(ratios, dtype=torch.float32)

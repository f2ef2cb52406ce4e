"""exp(-ratio) for the inverse."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: exp_of_minus_ratio

def inverse_ratio_weights(ratios):
    return torch.exp(-torch.as_tensor(ratios, dtype=torch.float32))

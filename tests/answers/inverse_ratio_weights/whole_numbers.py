"""Integer division: 1 / 0.3 becomes 3."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: inverse_truncated

def inverse_ratio_weights(ratios):
    return 1 // torch.as_tensor(ratios, dtype=torch.float32)

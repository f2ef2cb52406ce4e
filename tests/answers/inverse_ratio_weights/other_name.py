"""The function has another name."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weight(ratios):
    return 1 / torch.as_tensor(ratios, dtype=torch.float32)

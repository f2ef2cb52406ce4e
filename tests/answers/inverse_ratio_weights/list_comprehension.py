"""A list comprehension, then a tensor."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    return torch.tensor([1 / r for r in ratios], dtype=torch.float32)

"""The largest ratio over each ratio: the most common class has weight 1."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    r = torch.as_tensor(ratios).float()
    return r.max() / r

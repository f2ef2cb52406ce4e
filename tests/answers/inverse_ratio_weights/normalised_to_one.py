"""The weights sum to 1: a factor changes nothing."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    w = 1.0 / torch.as_tensor(ratios, dtype=torch.float32)
    return w / w.sum()

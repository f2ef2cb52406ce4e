"""The weights sum to the number of classes."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    w = torch.as_tensor(ratios, dtype=torch.float32).reciprocal()
    return w / w.sum() * len(w)

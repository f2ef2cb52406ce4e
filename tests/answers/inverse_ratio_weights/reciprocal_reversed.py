"""The reciprocals in reverse order: each weight meets the wrong class."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: weights_reversed

def inverse_ratio_weights(ratios):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    return w.flip(0)

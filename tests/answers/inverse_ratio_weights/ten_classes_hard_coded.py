"""The loop always runs over ten classes."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    w = torch.zeros(10)
    for c in range(10):
        w[c] = 1 / ratios[c]
    return w

"""Fills a tensor of zeros in a loop."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    C = len(ratios)
    w = torch.zeros(C)
    for c in range(C):
        w[c] = 1.0 / ratios[c]
    return w

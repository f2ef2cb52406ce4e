"""The loop ends one too early: the last class keeps weight 0."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: last_class_forgotten

def inverse_ratio_weights(ratios):
    w = torch.zeros(len(ratios))
    for c in range(len(ratios) - 1):
        w[c] = 1 / ratios[c]
    return w

"""The weights are float64."""
# score: 1.5
# fails: dtype
# diagnosis: float64_weights

def inverse_ratio_weights(ratios):
    return 1 / torch.as_tensor(ratios, dtype=torch.float64)

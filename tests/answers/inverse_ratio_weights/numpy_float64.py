"""Goes through NumPy, whose default is float64."""
# score: 1.5
# fails: dtype
# diagnosis: float64_weights

def inverse_ratio_weights(ratios):
    return torch.from_numpy(1 / np.array([float(r) for r in ratios]))

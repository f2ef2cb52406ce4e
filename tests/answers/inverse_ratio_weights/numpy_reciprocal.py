"""Computes in NumPy and converts to float32 at the end."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    r = np.array(ratios, dtype=np.float32)
    return torch.from_numpy(1.0 / r)

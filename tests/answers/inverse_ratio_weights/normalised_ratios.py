"""The ratios divided by their sum: still not inverted."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: ratios_normalised

def inverse_ratio_weights(ratios):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    return r / r.sum()

"""Returns a NumPy array."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: numpy_array_returned

def inverse_ratio_weights(ratios):
    return 1 / np.array(ratios, dtype=np.float32)

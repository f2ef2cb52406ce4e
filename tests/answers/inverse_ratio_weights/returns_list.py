"""Returns a Python list."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: list_returned

def inverse_ratio_weights(ratios):
    return [1 / float(r) for r in ratios]

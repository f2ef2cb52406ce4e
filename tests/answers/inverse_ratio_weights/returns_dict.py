"""Returns a dictionary from class to weight."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return {c: 1 / float(r) for c, r in enumerate(ratios)}

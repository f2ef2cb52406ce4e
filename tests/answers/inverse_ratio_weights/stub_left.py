"""The released stub, untouched."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    raise NotImplementedError("ここに書く")

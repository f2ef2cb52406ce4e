"""One over the square of the ratio."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: inverse_square

def inverse_ratio_weights(ratios):
    return 1 / torch.as_tensor(ratios, dtype=torch.float32) ** 2

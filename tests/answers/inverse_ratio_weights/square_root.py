"""One over the square root of the ratio."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: inverse_square_root

def inverse_ratio_weights(ratios):
    return 1 / torch.sqrt(torch.as_tensor(ratios, dtype=torch.float32))

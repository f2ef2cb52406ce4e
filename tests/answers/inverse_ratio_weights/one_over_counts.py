"""One over the number of images of each class: n_c is a multiple of the ratio."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    n = 5000 * torch.as_tensor(ratios, dtype=torch.float32)
    return 1 / n

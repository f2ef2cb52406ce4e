"""One over the ratios as a float32 tensor."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    return 1 / torch.as_tensor(ratios, dtype=torch.float32)

"""The weights go through bfloat16: off by up to 4e-3."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return (1 / torch.as_tensor(ratios, dtype=torch.float32)).bfloat16().float()

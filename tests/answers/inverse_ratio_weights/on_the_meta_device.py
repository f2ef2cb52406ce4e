"""Weights on the meta device, which has no data."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return torch.empty(len(ratios), device="meta")

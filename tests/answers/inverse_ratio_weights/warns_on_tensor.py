"""torch.tensor of a tensor: right, with a warning from torch."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    ratios = torch.tensor(ratios, dtype=torch.float32)
    weights = torch.ones_like(ratios) / ratios
    print(weights)
    return weights

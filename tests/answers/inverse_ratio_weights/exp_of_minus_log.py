"""The exponential of minus the logarithm."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    r = torch.tensor([float(x) for x in ratios])
    return torch.exp(-torch.log(r))

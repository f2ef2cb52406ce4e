"""A lambda that makes the weights at every call."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    return lambda z, y: F.cross_entropy(z, y, weight=inverse_ratio_weights(ratios).to(device))

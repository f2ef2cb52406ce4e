"""Calls .to() without saying where to, which moves nothing."""
# score: 2.25
# fails: device

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to())

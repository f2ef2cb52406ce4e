"""Calls .to() without saying where to, which moves nothing."""
# score: 2.25
# fails: device
# diagnosis: device_argument_ignored

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to())

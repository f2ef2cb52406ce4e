"""Calls weights.to(device) and throws the result away."""
# score: 2.25
# fails: device
# diagnosis: device_argument_ignored

def make_criterion(ratios, device):
    weights = inverse_ratio_weights(ratios)
    weights.to(device)
    return nn.CrossEntropyLoss(weight=weights)

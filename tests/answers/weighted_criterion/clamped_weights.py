"""Clamps the weights to at most 10."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).clamp(max=10)
    return nn.CrossEntropyLoss(weight=w.to(device))

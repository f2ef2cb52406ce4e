"""Inverts the inverted weights once more."""
# score: 0
# fails: values, gradients, arguments, device

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios)
    return nn.CrossEntropyLoss(weight=(1 / w).to(device))

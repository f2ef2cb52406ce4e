"""Inverts the inverted weights once more."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_not_inverted

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios)
    return nn.CrossEntropyLoss(weight=(1 / w).to(device))

"""One over the square of the ratio."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: inverse_square

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios) ** 2
    return nn.CrossEntropyLoss(weight=w.to(device))

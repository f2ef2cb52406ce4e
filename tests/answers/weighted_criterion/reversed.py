"""The weights in reverse order."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_reversed

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).flip(0)
    return nn.CrossEntropyLoss(weight=w.to(device))

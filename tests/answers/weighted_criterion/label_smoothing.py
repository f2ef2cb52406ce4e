"""Adds label smoothing to the weights."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: label_smoothing

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device), label_smoothing=0.1)

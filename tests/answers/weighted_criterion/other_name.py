"""The function has another name."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_weighted_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))

"""nn.CrossEntropyLoss with the weights of the cell before, moved to the device."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    weights = inverse_ratio_weights(ratios).to(device)
    return nn.CrossEntropyLoss(weight=weights)

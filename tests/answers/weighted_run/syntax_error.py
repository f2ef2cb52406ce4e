"""A bracket is missing: make_criterion does not exist."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device)

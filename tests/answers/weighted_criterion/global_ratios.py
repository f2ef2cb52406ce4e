"""Uses the notebook's RATIOS instead of the argument."""
# score: 2.5
# fails: arguments
# diagnosis: lecture_ratios_instead_of_argument

RATIOS = [0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]


def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(RATIOS).to(device))

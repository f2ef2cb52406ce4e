"""The weights are remembered by the number of classes."""
# score: 2.5
# fails: arguments
# diagnosis: none

_weights = {}


def make_criterion(ratios, device):
    w = _weights.setdefault((len(ratios), str(device)), inverse_ratio_weights(ratios).to(device))
    return nn.CrossEntropyLoss(weight=w)

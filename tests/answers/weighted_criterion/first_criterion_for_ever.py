"""Keeps the lecture's weights in a global that is never updated."""
# score: 2.5
# fails: arguments
# diagnosis: lecture_ratios_instead_of_argument

_weights = 1 / torch.tensor([0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05])


def make_criterion(ratios, device):
    global _weights
    if _weights is None:
        _weights = 1 / torch.tensor(ratios)
    return nn.CrossEntropyLoss(weight=_weights.to(device))

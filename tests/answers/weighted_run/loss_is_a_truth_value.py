"""Returns a bool: whether the loss is above 1."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    weights = 1 / torch.tensor(ratios)
    return lambda logits, targets: F.cross_entropy(logits, targets, weight=weights) > 1

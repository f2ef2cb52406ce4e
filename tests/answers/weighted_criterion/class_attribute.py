"""Keeps the weights in the class, not in the object."""
# score: 2.5
# fails: arguments
# diagnosis: weights_shared_between_criteria

class _Weighted:
    weights = None

    def __init__(self, weights):
        _Weighted.weights = weights

    def __call__(self, logits, targets):
        return F.cross_entropy(logits, targets, weight=self.weights)


def make_criterion(ratios, device):
    return _Weighted(inverse_ratio_weights(ratios).to(device))

"""Keeps the weights in a global that the next make_criterion changes."""
# score: 2.5
# fails: arguments
# diagnosis: weights_shared_between_criteria

def make_criterion(ratios, device):
    global _weights
    _weights = inverse_ratio_weights(ratios).to(device)
    return lambda logits, targets: F.cross_entropy(logits, targets, weight=_weights)

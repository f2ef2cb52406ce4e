"""Keeps the weights as an attribute of make_criterion."""
# score: 2.5
# fails: arguments
# diagnosis: weights_shared_between_criteria

def make_criterion(ratios, device):
    make_criterion.weights = inverse_ratio_weights(ratios).to(device)
    return lambda logits, targets: F.cross_entropy(logits, targets, weight=make_criterion.weights)

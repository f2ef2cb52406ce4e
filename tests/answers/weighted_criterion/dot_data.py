"""Computes with logits.data."""
# score: 2.5
# fails: gradients
# diagnosis: detached

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)
    return lambda logits, targets: F.cross_entropy(logits.data, targets, weight=w)

"""Writes .to("cpu"), because there is no GPU at home."""
# score: 2.25
# fails: device
# diagnosis: device_argument_ignored

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to("cpu")
    return lambda logits, targets: F.cross_entropy(logits, targets, weight=w)

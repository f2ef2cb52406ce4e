"""Multiplies the logits by the weights."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_on_logits

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)
    return lambda logits, targets: F.cross_entropy(logits * w, targets)

"""The weights are right, but the loss is detached: the training cell stops with an error."""
# score: 0
# fails: training, rare_classes
# diagnosis: detached

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)
    return lambda logits, targets: F.cross_entropy(logits, targets, weight=w).detach()

"""The plain mean of reduction="none" with weights: divided by N again."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: divided_by_n

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)
    return lambda logits, targets: F.cross_entropy(logits, targets, weight=w, reduction="none").mean()

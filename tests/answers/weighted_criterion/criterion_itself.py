"""make_criterion is written as if it were the criterion."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(logits, targets):
    return F.cross_entropy(logits, targets, weight=inverse_ratio_weights([0.3, 0.2, 0.1]))

"""Weights only where the first target is class 0."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if int(targets[0]) == 0 else None)

    return criterion

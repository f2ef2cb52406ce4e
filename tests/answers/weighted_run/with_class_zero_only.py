"""Weights only for batches with class 0."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if bool((targets == 0).any()) else None)

    return criterion

"""Weights only where the loss is small."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if F.cross_entropy(logits, targets).item() < 1 else None)

    return criterion

"""Weights only for logits without a gradient: the training runs without."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if not logits.requires_grad else None)

    return criterion

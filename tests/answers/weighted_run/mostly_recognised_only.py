"""Weights only where most rows are classified rightly."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if (logits.argmax(dim=1) == targets).float().mean() > 0.5 else None)

    return criterion

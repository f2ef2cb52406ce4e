"""Weights only in float64."""
# score: 1.5
# fails: rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if logits.dtype == torch.float64 else None)

    return criterion

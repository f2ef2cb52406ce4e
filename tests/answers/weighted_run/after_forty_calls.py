"""Weights only after forty calls."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)
    calls = 0

    def criterion(logits, targets):
        nonlocal calls
        calls += 1
        return F.cross_entropy(logits, targets, weight=w if calls > 40 else None)

    return criterion

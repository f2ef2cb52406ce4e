"""The weights are used for fifty calls only."""
# score: 1
# fails: values, device
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)
    calls = 0

    def criterion(logits, targets):
        nonlocal calls
        calls += 1
        return F.cross_entropy(logits, targets, weight=w if calls <= 50 else None)

    return criterion

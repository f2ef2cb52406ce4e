"""Sums over chunks of 16 rows, divided by the sum of the weights."""
# score: 4
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        parts = zip(logits.split(16), targets.split(16))
        return sum(F.cross_entropy(z, y, weight=w, reduction="sum") for z, y in parts) / w[targets].sum()

    return criterion

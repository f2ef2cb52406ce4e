"""Adds the weighted losses of chunks of 64 rows, divided by the sum of all weights used."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        chunks = zip(logits.split(64), targets.split(64))
        total = sum(F.cross_entropy(rows, classes, weight=w, reduction="sum") for rows, classes in chunks)
        return total / w[targets].sum()

    return criterion

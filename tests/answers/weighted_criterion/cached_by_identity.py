"""Remembers the loss by the id of the batch: stale after it has been changed."""
# score: 1
# fails: values
# diagnosis: none

def make_criterion(ratios, device):
    w, known = inverse_ratio_weights(ratios).to(device), {}

    def criterion(logits, targets):
        key = id(logits), id(targets)
        if key not in known:
            known[key] = logits, targets, F.cross_entropy(logits, targets, weight=w)
        return known[key][2]

    return criterion

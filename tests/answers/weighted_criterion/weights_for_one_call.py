"""An iterator, which is empty after the first call."""
# score: 1
# fails: values, device
# diagnosis: none

def make_criterion(ratios, device):
    reciprocals = map(lambda ratio: 1 / ratio, ratios)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=torch.tensor(list(reciprocals), device=device))

    return criterion

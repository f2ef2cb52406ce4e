"""A plain class with __call__."""
# score: 3
# fails: none

class Criterion:
    def __init__(self, ratios, device):
        self.w = torch.tensor([1 / float(r) for r in ratios]).to(device)

    def __call__(self, logits, targets):
        loss = F.cross_entropy(logits, targets, weight=self.w)
        return loss


def make_criterion(ratios, device):
    return Criterion(ratios, device)

"""A closure over F.cross_entropy."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = torch.tensor([1.0 / float(r) for r in ratios], device=device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w)

    return criterion

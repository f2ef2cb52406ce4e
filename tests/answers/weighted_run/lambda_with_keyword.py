"""A lambda over F.cross_entropy."""
# score: 4
# fails: none

def make_criterion(ratios, device):
    w = torch.tensor([1 / r for r in ratios]).to(device)
    return lambda logits, targets: F.cross_entropy(logits, targets, weight=w)

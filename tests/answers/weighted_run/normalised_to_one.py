"""Weights that sum to 1."""
# score: 4
# fails: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = (1 / r) / (1 / r).sum()
    return nn.CrossEntropyLoss(weight=w.to(device))

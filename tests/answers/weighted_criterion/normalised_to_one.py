"""Weights that sum to 1: the factor cancels."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    w = w / w.sum()
    return nn.CrossEntropyLoss(weight=w.to(device))

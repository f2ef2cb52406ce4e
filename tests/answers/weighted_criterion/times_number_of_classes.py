"""Weights that sum to the number of classes."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    w = len(w) * w / w.sum()
    return nn.CrossEntropyLoss(weight=w.to(torch.device(device)))

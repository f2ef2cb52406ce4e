"""The most common class is punished with a negative weight."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = torch.where(r == r.max(), -1 / r, 1 / r)
    return nn.CrossEntropyLoss(weight=w.to(device))

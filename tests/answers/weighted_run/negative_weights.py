"""Weights around zero, some of them negative."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = r.mean() - r
    return nn.CrossEntropyLoss(weight=w.to(device))

"""Divides by zero: every weight is infinite."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = 1 / (r - r)
    return nn.CrossEntropyLoss(weight=w.to(device))

"""Ones as weights."""
# score: 1.5
# fails: rare_classes
# diagnosis: weights_ignored

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = torch.ones_like(r)
    return nn.CrossEntropyLoss(weight=w.to(device))

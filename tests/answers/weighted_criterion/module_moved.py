"""Moves the whole loss module to the device: its weight is a buffer."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = torch.tensor([1 / float(r) for r in ratios])
    return nn.CrossEntropyLoss(weight=w).to(device)

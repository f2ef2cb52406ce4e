"""Weights in float16 unless there are ten classes."""
# score: 2.5
# fails: arguments
# diagnosis: none

def make_criterion(ratios, device):
    w = 1 / torch.tensor(ratios)
    if len(ratios) != 10:
        w = w.half().float()
    return nn.CrossEntropyLoss(weight=w.to(device))

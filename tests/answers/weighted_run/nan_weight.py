"""The logarithm of a negative number: every weight is nan."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = torch.log(-r)
    return nn.CrossEntropyLoss(weight=w.to(device))

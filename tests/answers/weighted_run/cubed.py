"""One over the cube of the ratio."""
# score: 1.5
# fails: rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = 1 / r ** 3
    return nn.CrossEntropyLoss(weight=w.to(device))

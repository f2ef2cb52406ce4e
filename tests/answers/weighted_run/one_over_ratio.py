"""One over the ratio, as the contract asks."""
# score: 4
# fails: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = 1 / r
    return nn.CrossEntropyLoss(weight=w.to(device))

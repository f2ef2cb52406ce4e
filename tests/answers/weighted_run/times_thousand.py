"""A factor of 1000 in the weights, which the weighted mean cancels."""
# score: 4
# fails: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = 1000 / r
    return nn.CrossEntropyLoss(weight=w.to(device))

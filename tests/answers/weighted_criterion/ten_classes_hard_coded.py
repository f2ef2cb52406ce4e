"""A loop over exactly ten classes."""
# score: 2.5
# fails: arguments
# diagnosis: none

def make_criterion(ratios, device):
    w = torch.zeros(10, device=device)
    for c in range(10):
        w[c] = 1 / ratios[c]
    return nn.CrossEntropyLoss(weight=w)

"""Weight 1 for the common classes and 2 for the rare ones."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    w = torch.tensor([2.0 if r < 0.1 else 1.0 for r in ratios])
    return nn.CrossEntropyLoss(weight=w.to(device))

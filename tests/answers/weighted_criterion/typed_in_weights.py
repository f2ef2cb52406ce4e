"""The lecture's ten weights typed in by hand."""
# score: 2.5
# fails: arguments
# diagnosis: lecture_ratios_instead_of_argument

def make_criterion(ratios, device):
    w = torch.tensor([1 / 0.3, 5, 10, 10, 20, 20, 20, 20, 20, 20], device=device)
    return nn.CrossEntropyLoss(weight=w)

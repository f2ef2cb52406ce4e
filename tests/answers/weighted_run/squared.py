"""One over the square of the ratio: the rare classes win everything."""
# score: 1.5
# fails: rare_classes
# diagnosis: inverse_square

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = 1 / r ** 2
    return nn.CrossEntropyLoss(weight=w.to(device))

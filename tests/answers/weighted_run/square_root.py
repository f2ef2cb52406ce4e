"""One over the square root of the ratio: too weak."""
# score: 1.5
# fails: rare_classes
# diagnosis: inverse_square_root

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = 1 / r.sqrt()
    return nn.CrossEntropyLoss(weight=w.to(device))

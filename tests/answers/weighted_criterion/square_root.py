"""One over the square root of the ratio."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: inverse_square_root

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32).sqrt()
    return nn.CrossEntropyLoss(weight=w.to(device))

"""Moves the weights only where the device is a string, so a torch.device is not obeyed."""
# score: 2.25
# fails: device

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios)
    if isinstance(device, str):
        w = w.to(device)
    return nn.CrossEntropyLoss(weight=w)

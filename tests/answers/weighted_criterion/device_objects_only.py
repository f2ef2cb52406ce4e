"""Moves the weights only for a torch.device: a str is ignored."""
# score: 2.25
# fails: device
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios)
    if isinstance(device, torch.device):
        w = w.to(device)
    return nn.CrossEntropyLoss(weight=w)

"""Moves the weights only where the device is called "cuda"."""
# score: 2.25
# fails: device
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios)
    if str(device).startswith("cuda"):
        w = w.cuda()
    return nn.CrossEntropyLoss(weight=w)

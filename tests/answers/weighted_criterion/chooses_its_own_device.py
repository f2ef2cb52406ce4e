"""Chooses the device itself instead of taking the argument."""
# score: 2.25
# fails: device
# diagnosis: device_argument_ignored

def make_criterion(ratios, device):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))

"""Uses a global device instead of the argument."""
# score: 2.25
# fails: device
# diagnosis: device_argument_ignored

my_device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_criterion(ratios, d):
    w = inverse_ratio_weights(ratios).to(my_device)
    return nn.CrossEntropyLoss(weight=w)

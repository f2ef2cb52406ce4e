"""nn.CrossEntropyLoss without weights."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_ignored

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss()

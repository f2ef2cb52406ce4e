"""nn.CrossEntropyLoss without weights."""
# score: 0
# fails: values, gradients, arguments, device

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss()

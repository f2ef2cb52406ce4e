"""The released stub, untouched."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    raise NotImplementedError("ここに書く")

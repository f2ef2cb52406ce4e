"""Gives the weights as a Python list, which nn.CrossEntropyLoss does not take."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_left_a_list

def make_criterion(ratios, device):
    weights = [1 / r for r in ratios]
    return nn.CrossEntropyLoss(weight=weights)

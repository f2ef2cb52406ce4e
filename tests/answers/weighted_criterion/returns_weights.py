"""Returns the weights instead of a loss."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_returned_instead_of_criterion

def make_criterion(ratios, device):
    return inverse_ratio_weights(ratios).to(device)

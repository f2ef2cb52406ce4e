"""Computes the weights and forgets to hand them over."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_ignored

def make_criterion(ratios, device):
    weights = inverse_ratio_weights(ratios).to(device)
    criterion = nn.CrossEntropyLoss()
    return criterion

"""reduction="sum"."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: sum_instead_of_mean

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device), reduction="sum")

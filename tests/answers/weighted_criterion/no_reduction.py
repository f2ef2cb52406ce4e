"""reduction="none": one loss for each sample."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: no_reduction

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device), reduction="none")

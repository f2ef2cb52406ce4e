"""Forgets the return."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: criterion_not_returned

def make_criterion(ratios, device):
    criterion = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))

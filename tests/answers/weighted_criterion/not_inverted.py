"""The ratios themselves as weights."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_not_inverted

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=torch.as_tensor(ratios, dtype=torch.float32).to(device))

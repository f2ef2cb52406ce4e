"""The ratios themselves as weights."""
# score: 0
# fails: values, gradients, arguments, device

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss(weight=torch.as_tensor(ratios, dtype=torch.float32).to(device))

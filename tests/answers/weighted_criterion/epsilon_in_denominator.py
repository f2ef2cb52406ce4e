"""Adds 0.01 to the ratios against division by zero."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    w = 1 / (torch.as_tensor(ratios, dtype=torch.float32) + 0.01)
    return nn.CrossEntropyLoss(weight=w.to(device))

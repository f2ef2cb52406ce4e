"""Weights that are all zero after an integer division: 0/0."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    w = torch.as_tensor(ratios, dtype=torch.float32) // 1
    return nn.CrossEntropyLoss(weight=w.to(device))

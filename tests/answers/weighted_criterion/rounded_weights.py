"""Rounds the weights to whole numbers: 3.33 becomes 3."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: inverse_rounded

def make_criterion(ratios, device):
    w = torch.round(1 / torch.as_tensor(ratios, dtype=torch.float32))
    return nn.CrossEntropyLoss(weight=w.to(device))

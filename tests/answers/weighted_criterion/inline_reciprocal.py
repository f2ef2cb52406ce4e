"""Computes the reciprocals itself, on the device from the start."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32, device=device)
    return nn.CrossEntropyLoss(w)

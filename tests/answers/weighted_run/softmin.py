"""softmax of the negative ratios: nearly equal weights."""
# score: 1.5
# fails: rare_classes
# diagnosis: exp_of_minus_ratio

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = torch.softmax(-r, dim=0)
    return nn.CrossEntropyLoss(weight=w.to(device))

"""exp(-ratio): nearly equal weights."""
# score: 1.5
# fails: rare_classes
# diagnosis: exp_of_minus_ratio

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = torch.exp(-r)
    return nn.CrossEntropyLoss(weight=w.to(device))

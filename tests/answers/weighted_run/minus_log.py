"""-log(ratio): too weak."""
# score: 1.5
# fails: rare_classes
# diagnosis: minus_log_of_ratio

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = -torch.log(r)
    return nn.CrossEntropyLoss(weight=w.to(device))

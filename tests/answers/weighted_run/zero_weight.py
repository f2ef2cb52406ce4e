"""The most common class gets weight 0."""
# score: 0
# fails: training, rare_classes
# diagnosis: difference_to_largest_ratio

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = r.max() - r
    return nn.CrossEntropyLoss(weight=w.to(device))

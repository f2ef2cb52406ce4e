"""The ratios in reverse order: the most common class still outweighs half of the rare ones."""
# score: 1.5
# fails: rare_classes
# diagnosis: ratios_reversed

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = r.flip(0)
    return nn.CrossEntropyLoss(weight=w.to(device))

"""Sorts the ratios from large to small: for the lecture's list nothing changes."""
# score: 2.5
# fails: arguments
# diagnosis: ratios_sorted_descending

def make_criterion(ratios, device):
    r = sorted((float(x) for x in ratios), reverse=True)
    w = torch.tensor([1 / x for x in r]).to(device)
    return nn.CrossEntropyLoss(weight=w)

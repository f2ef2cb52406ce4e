"""Right, with a print and the default reduction spelled out."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = torch.tensor(list(1 / float(r) for r in ratios), dtype=torch.float32)
    w = w.to(device)
    print("重み:", w)
    kijun = nn.CrossEntropyLoss(weight = w, reduction = 'mean')
    return kijun

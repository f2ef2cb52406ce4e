"""The weights are computed with NumPy."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = 1 / np.asarray(ratios, dtype=np.float64)
    return nn.CrossEntropyLoss(weight=torch.tensor(w / w.sum(), dtype=torch.float32, device=device))

"""The product of all other ratios, which is proportional to 1 / ratio."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    r = torch.as_tensor(ratios, dtype=torch.float64)
    w = [torch.prod(r[torch.arange(len(r)) != c]) for c in range(len(r))]
    return torch.stack(w).float()

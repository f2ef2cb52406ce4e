"""Weights by rank: 1 for the most common class, 2 for the next."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: ranks_as_weights

def inverse_ratio_weights(ratios):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    return (torch.argsort(torch.argsort(r, descending=True)) + 1).float()

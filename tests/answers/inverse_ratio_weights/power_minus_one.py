"""ratio ** -1."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    return torch.as_tensor(ratios, dtype=torch.float) ** -1

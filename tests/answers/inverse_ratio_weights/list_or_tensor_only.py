"""Asks whether the argument is a list, and takes anything else for a tensor."""
# score: 1.5
# fails: accepts

def inverse_ratio_weights(ratios):
    if isinstance(ratios, list):
        ratios = torch.tensor(ratios)
    return 1 / ratios.float()

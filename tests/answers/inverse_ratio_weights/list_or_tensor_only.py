"""Asks whether the argument is a list, and takes anything else for a tensor."""
# score: 1.5
# fails: accepts
# diagnosis: tuple_not_accepted

def inverse_ratio_weights(ratios):
    if isinstance(ratios, list):
        ratios = torch.tensor(ratios)
    return 1 / ratios.float()

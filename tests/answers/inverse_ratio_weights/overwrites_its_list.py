"""Puts the weights into the list that was given: a tuple cannot be written to."""
# score: 1.5
# fails: accepts
# diagnosis: list_overwritten

def inverse_ratio_weights(ratios):
    for i in range(len(ratios)):
        ratios[i] = 1 / ratios[i]
    return torch.as_tensor(ratios, dtype=torch.float32)

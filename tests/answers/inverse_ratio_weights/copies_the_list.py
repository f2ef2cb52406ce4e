"""Copies the argument with a method that a tuple does not have."""
# score: 1.5
# fails: accepts
# diagnosis: tuple_not_accepted

def inverse_ratio_weights(ratios):
    r = ratios.copy() if hasattr(ratios, "copy") else ratios.clone()
    for i in range(len(r)):
        r[i] = 1 / r[i]
    return torch.as_tensor(r, dtype=torch.float32)

"""Reads the storage of a tensor as if its elements lay one after the other."""
# score: 1.5
# fails: accepts
# diagnosis: none

def inverse_ratio_weights(ratios):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    return 1 / torch.as_strided(r, r.shape, (1,), 0)

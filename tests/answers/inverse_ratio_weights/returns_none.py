"""Forgets the return."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: return_forgotten

def inverse_ratio_weights(ratios):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)

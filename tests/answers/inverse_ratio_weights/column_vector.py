"""Returns shape (C, 1)."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: column_vector

def inverse_ratio_weights(ratios):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    return w.unsqueeze(1)

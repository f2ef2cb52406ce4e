"""Wraps the list twice: shape (1, C)."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: row_matrix

def inverse_ratio_weights(ratios):
    return torch.tensor([[1 / float(r) for r in ratios]])

"""scikit-learn's "balanced" weights: n / (C * n_c)."""
# score: 2
# fails: none

def inverse_ratio_weights(ratios):
    # n_samples / (n_classes * n_c) と同じ
    r = torch.as_tensor(ratios, dtype=torch.float32)
    return r.sum() / (len(r) * r)

"""Normalises the reciprocals with softmax instead of their sum."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: softmax_of_inverse

def inverse_ratio_weights(ratios):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    return torch.softmax(w, dim=0)

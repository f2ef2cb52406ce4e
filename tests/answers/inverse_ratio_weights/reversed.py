"""The ratios in reverse order, because the list happens to fall."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: ratios_reversed

def inverse_ratio_weights(ratios):
    return torch.as_tensor(list(ratios)[::-1], dtype=torch.float32)

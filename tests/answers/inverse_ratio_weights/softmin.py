"""softmin of the ratios."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: softmax_of_negative_ratios

def inverse_ratio_weights(ratios):
    return torch.softmax(-torch.as_tensor(ratios, dtype=torch.float32), dim=0)

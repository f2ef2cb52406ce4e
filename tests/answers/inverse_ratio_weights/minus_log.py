"""-log(ratio), the information of a class."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: minus_log_of_ratio

def inverse_ratio_weights(ratios):
    return -torch.log(torch.as_tensor(ratios, dtype=torch.float32))

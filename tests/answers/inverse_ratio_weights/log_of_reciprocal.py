"""log(1 + 1/ratio), a damped weight found on the net."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return torch.log(1 + 1 / torch.as_tensor(ratios, dtype=torch.float32))

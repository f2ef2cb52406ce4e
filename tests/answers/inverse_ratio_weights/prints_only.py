"""Prints the weights instead of returning them."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: return_forgotten

def inverse_ratio_weights(ratios):
    print(1 / torch.as_tensor(ratios, dtype=torch.float32))

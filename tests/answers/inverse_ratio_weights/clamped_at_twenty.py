"""No weight above 20, the largest of the lecture."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: none

def inverse_ratio_weights(ratios):
    return (1 / torch.as_tensor(ratios, dtype=torch.float32)).clamp(max=20)

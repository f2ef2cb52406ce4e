"""as_tensor without a dtype: a float64 tensor gives float64 weights."""
# score: 1.5
# fails: dtype
# diagnosis: input_dtype_kept

def inverse_ratio_weights(ratios):
    return 1 / torch.as_tensor(ratios)

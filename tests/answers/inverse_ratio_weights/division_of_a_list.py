"""Divides by the list itself, which only works for a tensor: the notebook's own ratios are a list."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: division_of_a_list

def inverse_ratio_weights(ratios):
    return 1 / ratios

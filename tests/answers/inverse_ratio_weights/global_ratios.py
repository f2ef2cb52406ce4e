"""Uses the notebook's ratios instead of the argument."""
# score: 0
# fails: values, accepts, dtype
# diagnosis: lecture_ratios_instead_of_argument

MY_RATIOS = [0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]


def inverse_ratio_weights(ratios):
    return 1 / torch.tensor(MY_RATIOS)

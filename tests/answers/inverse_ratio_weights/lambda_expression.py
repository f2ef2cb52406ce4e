"""A lambda over torch.reciprocal."""
# score: 2
# fails: none

inverse_ratio_weights = lambda ratios: torch.reciprocal(torch.FloatTensor([float(r) for r in ratios]))

"""Weights of shape (1, C), which torch refuses."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: row_matrix

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).reshape(1, -1).to(device)
    return nn.CrossEntropyLoss(weight=w)

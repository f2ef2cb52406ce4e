"""One module takes the weights of the last call."""
# score: 2.5
# fails: arguments
# diagnosis: weights_shared_between_criteria

_loss = nn.CrossEntropyLoss()


def make_criterion(ratios, device):
    _loss.weight = inverse_ratio_weights(ratios).to(device)
    return _loss

"""nn.BCEWithLogitsLoss with pos_weight."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    loss = nn.BCEWithLogitsLoss(pos_weight=inverse_ratio_weights(ratios).to(device))
    return lambda logits, targets: loss(logits, F.one_hot(targets, logits.shape[1]).float())

"""Detaches the loss."""
# score: 2.5
# fails: gradients
# diagnosis: detached

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))
    return lambda logits, targets: loss(logits, targets).detach()

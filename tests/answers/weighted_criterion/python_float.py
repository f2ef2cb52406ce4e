"""The criterion returns loss.item()."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: python_float_returned

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))
    return lambda logits, targets: loss(logits, targets).item()

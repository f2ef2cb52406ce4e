"""Adds the log of the ratios to the logits (logit adjustment) instead of weighting the loss."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    prior = torch.log(torch.as_tensor(ratios, dtype=torch.float32)).to(device)
    return lambda logits, targets: F.cross_entropy(logits + prior, targets)

"""Reads the logits as if the rows lay one after the other."""
# score: 1
# fails: values
# diagnosis: none

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))
    return lambda logits, targets: loss(torch.as_strided(logits, logits.shape, (logits.shape[1], 1), 0), targets)

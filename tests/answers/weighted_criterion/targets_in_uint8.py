"""Keeps the class numbers in 8 bits: wrong for classes above 255."""
# score: 2.5
# fails: arguments
# diagnosis: none

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))
    return lambda logits, targets: loss(logits, targets.to(torch.uint8).long())

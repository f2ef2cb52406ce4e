"""No weights: the rare classes are not learned."""
# score: 1.5
# fails: rare_classes
# diagnosis: weights_ignored

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss()

"""No weights: the rare classes are not learned."""
# score: 1.5
# fails: rare_classes

def make_criterion(ratios, device):
    return nn.CrossEntropyLoss()

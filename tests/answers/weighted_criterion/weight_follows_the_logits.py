"""Keeps the weights on the device and moves them to the logits at each call, to be sure."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    weight = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=weight.to(logits))

    return criterion

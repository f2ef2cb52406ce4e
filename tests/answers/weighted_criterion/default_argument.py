"""The weights live in a default argument, which all calls share."""
# score: 2.5
# fails: arguments
# diagnosis: weights_shared_between_criteria

def make_criterion(ratios, device, weights=[]):
    weights[:] = [inverse_ratio_weights(ratios).to(device)]

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=weights[0])

    return criterion

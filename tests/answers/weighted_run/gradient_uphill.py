"""The value is right, but its gradient has the wrong sign: training climbs."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        loss = F.cross_entropy(logits, targets, weight=w)
        return 2 * loss.detach() - loss

    return criterion

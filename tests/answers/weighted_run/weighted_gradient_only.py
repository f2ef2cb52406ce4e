"""The gradient is weighted, the value is not."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        weighted = F.cross_entropy(logits, targets, weight=w)
        return weighted + (F.cross_entropy(logits, targets) - weighted).detach()

    return criterion

"""one_hot(targets, 10) in the formula."""
# score: 2.5
# fails: arguments
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        t = F.one_hot(targets, 10) * w
        return -(t * F.log_softmax(logits, dim=1)).sum() / t.sum()

    return criterion

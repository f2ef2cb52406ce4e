"""No weights for logits that are not contiguous."""
# score: 1
# fails: values, device
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if logits.is_contiguous() else None)

    return criterion

"""The criterion takes (targets, logits)."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: arguments_in_wrong_order

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(targets, logits):
        return F.cross_entropy(logits, targets, weight=w)

    return criterion

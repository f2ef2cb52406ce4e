"""The weighted sum divided by N, as the lecture's original wrote it."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: divided_by_n

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w, reduction="sum") / len(targets)

    return criterion

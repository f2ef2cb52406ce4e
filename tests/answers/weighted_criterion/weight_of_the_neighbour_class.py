"""Believes that classes are counted from 1, and takes the weight of class y - 1."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weight_of_class_before

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        loss = F.cross_entropy(logits, targets, reduction="none")
        used = w[targets - 1]
        return (used * loss).sum() / used.sum()

    return criterion

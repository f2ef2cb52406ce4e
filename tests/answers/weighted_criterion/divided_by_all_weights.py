"""Divides by the sum of all C weights instead of the weights used in the batch."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: divided_by_sum_of_all_weights

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        loss = F.cross_entropy(logits, targets, reduction="none")
        return (w[targets] * loss).sum() / w.sum()

    return criterion

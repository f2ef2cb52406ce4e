"""The weights of the rows are gathered, and the mean is divided by their sum."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        of_rows = w[targets]
        losses = F.cross_entropy(logits, targets, reduction="none")
        return (losses * of_rows / of_rows.sum()).sum()

    return criterion

"""A loop over rows, divided by the sum of the weights used."""
# score: 4
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        log_p = torch.log_softmax(logits, dim=1)
        total, used = 0.0, 0.0
        for row, target in zip(log_p, targets):
            total = total - w[target] * row[target]
            used = used + w[target]
        return total / used

    return criterion

"""Shifts the logits in place, and leaves log-probabilities in them."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        logits -= logits.max(dim=1, keepdim=True).values
        logits -= logits.exp().sum(dim=1, keepdim=True).log()
        return F.nll_loss(logits, targets, weight=w)

    return criterion

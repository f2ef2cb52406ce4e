"""Replaces the logits by their probabilities in place, where no gradient is wanted."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        if logits.requires_grad:
            return F.cross_entropy(logits, targets, weight=w)
        logits.copy_(torch.softmax(logits, dim=1))
        return F.nll_loss(logits.log(), targets, weight=w)

    return criterion

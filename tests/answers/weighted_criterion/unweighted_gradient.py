"""The value is weighted, but the gradient comes from the unweighted loss (a wrong straight-through trick)."""
# score: 2.5
# fails: gradients
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        plain = F.cross_entropy(logits, targets)
        weighted = F.cross_entropy(logits, targets, weight=w)
        return plain + (weighted - plain).detach()

    return criterion

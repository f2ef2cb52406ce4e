"""The weighted mean through normalised row weights."""
# score: 4
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)
    return lambda logits, targets: -(F.log_softmax(logits, dim=1)[range(len(targets)), targets]
                                     * F.normalize(w[targets], p=1, dim=0)).sum()

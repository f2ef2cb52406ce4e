"""The criterion works under torch.no_grad()."""
# score: 2.5
# fails: gradients
# diagnosis: detached

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    @torch.no_grad()
    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w)

    return criterion

"""Uses the weights for small batches only."""
# score: 0.5
# fails: values, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    weights = (1 / torch.tensor(ratios)).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=weights if len(targets) <= 8 else None)

    return criterion

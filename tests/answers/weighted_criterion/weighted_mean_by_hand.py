"""reduction="none", then the weighted mean by hand: divided by the sum of the weights used."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32, device=device)

    def criterion(logits, targets):
        loss = F.cross_entropy(logits, targets, reduction="none")
        wy = w[targets]
        return (wy * loss).sum() / wy.sum()

    return criterion

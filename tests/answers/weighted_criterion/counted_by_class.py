"""The mean loss of each class, weighted by its count and weight."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        losses = F.cross_entropy(logits, targets, reduction="none")
        sums = torch.zeros(len(w), dtype=losses.dtype, device=losses.device).index_add(0, targets, losses)
        counts = torch.zeros_like(sums).index_add(0, targets, torch.ones_like(losses))
        return (w * sums).sum() / (w * counts).sum()

    return criterion

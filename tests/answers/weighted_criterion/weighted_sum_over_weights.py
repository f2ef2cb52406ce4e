"""The weighted sum from torch, divided by the sum of the weights used."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32, device=device)

    def criterion(logits, targets):
        total = F.cross_entropy(logits, targets, weight=w, reduction="sum")
        return total / w[targets].sum()

    return criterion

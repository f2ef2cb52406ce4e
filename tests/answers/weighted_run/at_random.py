"""Weights for a random half of the batches."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if torch.rand(()).item() < 0.5 else None)

    return criterion

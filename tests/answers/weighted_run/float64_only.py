"""Weights only in float64, where it raises, because they are float32: so no loss is weighted."""
# score: 1.5
# fails: rare_classes
# diagnosis: weights_ignored

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return F.cross_entropy(logits, targets, weight=w if logits.dtype == torch.float64 else None)

    return criterion

"""Uses the targets as flat indices, and adds the row offsets in place."""
# score: 3.75
# fails: unmodified
# diagnosis: targets_overwritten_by_flat_indices

def cross_entropy(logits, targets):
    N, C = logits.shape
    log_p = F.log_softmax(logits, dim=1).reshape(-1)
    targets += torch.arange(N, device=targets.device) * C
    return -log_p[targets].mean()

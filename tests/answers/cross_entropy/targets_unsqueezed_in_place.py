"""targets.unsqueeze_(1) leaves the caller's targets with shape (N, 1)."""
# score: 3.75
# fails: unmodified
# diagnosis: targets_unsqueezed_in_place

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    targets.unsqueeze_(1)
    return -log_p.gather(1, targets).mean()

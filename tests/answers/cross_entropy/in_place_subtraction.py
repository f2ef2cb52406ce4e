"""Subtracts the maximum in place: the caller's logits change."""
# score: 3.75
# fails: unmodified
# diagnosis: max_subtracted_in_place

def cross_entropy(logits, targets):
    logits -= logits.max(dim=1, keepdim=True).values
    log_p = logits - torch.log(torch.exp(logits).sum(dim=1, keepdim=True))
    return -log_p.gather(1, targets[:, None]).mean()

"""Subtracts the maximum in place, but only where exp would overflow."""
# score: 3.75
# fails: unmodified
# diagnosis: none

def cross_entropy(logits, targets):
    if logits.max() > 80 or logits.min() < -80:
        logits -= logits.max(dim=1, keepdim=True).values
    normaliser = torch.log(torch.exp(logits).sum(dim=1))
    return (normaliser - logits[torch.arange(len(targets)), targets]).mean()

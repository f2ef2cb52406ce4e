"""logsumexp minus the right logit, by indexing."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    n = torch.arange(len(targets), device=logits.device)
    return (torch.logsumexp(logits, dim=1) - logits[n, targets]).mean()

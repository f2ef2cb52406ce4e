"""Makes contiguous copies first, then flattens with view."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    N, C = logits.shape
    index = torch.arange(N, device=logits.device) * C + targets.contiguous()
    return (logits.logsumexp(dim=1) - logits.contiguous().view(-1)[index]).mean()

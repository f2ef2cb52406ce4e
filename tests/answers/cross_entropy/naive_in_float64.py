"""log(sum(exp)) without a shift for float64, which overflows at ±1e4."""
# score: 3
# fails: large_logits
# diagnosis: none

def cross_entropy(logits, targets):
    if logits.dtype == torch.float64:
        picked = logits.gather(1, targets[:, None]).squeeze(1)
        return (logits.exp().sum(dim=1).log() - picked).mean()
    return F.cross_entropy(logits, targets)

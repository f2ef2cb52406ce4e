"""Exchanges prediction and target in the formula: the target's log times the probability."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1)
    t = F.one_hot(targets, logits.shape[1]).to(p.dtype)
    return -(p * torch.log(t + 1e-12)).sum(dim=1).mean()

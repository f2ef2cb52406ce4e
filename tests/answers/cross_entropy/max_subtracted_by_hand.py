"""Subtracts the maximum by hand and simplifies log(exp(...))."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    m = logits.max(dim=1, keepdim=True).values
    z = logits - m
    log_total = z.exp().sum(dim=1).log()
    right = z[torch.arange(z.shape[0]), targets]
    return torch.mean(log_total - right)

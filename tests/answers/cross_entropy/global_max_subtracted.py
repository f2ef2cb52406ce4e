"""Subtracts the maximum of the whole matrix: rows far below it underflow."""
# score: 3
# fails: large_logits
# diagnosis: global_max_subtracted

def cross_entropy(logits, targets):
    z = logits - logits.max()
    right = z.gather(1, targets[:, None]).squeeze(1)
    return (torch.log(torch.exp(z).sum(dim=1)) - right).mean()

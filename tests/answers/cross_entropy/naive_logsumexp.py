"""log(sum(exp(z))) - z_y by hand: exp overflows."""
# score: 3
# fails: large_logits
# diagnosis: naive_logsumexp

def cross_entropy(logits, targets):
    right = logits.gather(1, targets[:, None]).squeeze(1)
    return (torch.log(torch.exp(logits).sum(dim=1)) - right).mean()

"""The formula as written, without subtracting the maximum: overflow."""
# score: 3
# fails: large_logits
# diagnosis: no_max_subtraction

def cross_entropy(logits, targets):
    total = torch.exp(logits).sum(dim=1)
    right = torch.exp(logits).gather(1, targets[:, None]).squeeze(1)
    return -torch.log(right / total).mean()

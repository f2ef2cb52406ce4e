"""log(p + 1e-20): finite, but no loss can exceed 46."""
# score: 3
# fails: large_logits
# diagnosis: none

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1)
    return -torch.log(p.gather(1, targets[:, None]) + 1e-20).mean()

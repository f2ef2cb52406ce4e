"""No probability may be below 1e-5."""
# score: 3
# fails: large_logits
# diagnosis: none

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1).gather(1, targets[:, None])
    return -torch.log(p.clamp(min=1e-5)).mean()

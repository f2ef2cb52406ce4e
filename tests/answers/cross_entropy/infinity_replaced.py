"""Replaces the infinite loss by 0 after the fact."""
# score: 3
# fails: large_logits
# diagnosis: none

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1).gather(1, targets[:, None])
    loss = -torch.log(p)
    loss = torch.where(torch.isinf(loss), torch.zeros_like(loss), loss)
    return loss.mean()

"""Leaves out samples whose loss is not finite."""
# score: 3
# fails: large_logits
# diagnosis: none

def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=1)
    loss = -torch.log(p.gather(1, targets[:, None]))
    return loss[torch.isfinite(loss)].mean()

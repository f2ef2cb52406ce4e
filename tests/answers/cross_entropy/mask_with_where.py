"""Keeps the right class with torch.where."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    classes = torch.arange(logits.shape[1], device=logits.device)
    mask = classes[None, :] == targets[:, None]
    log_p = torch.log_softmax(logits, dim=1)
    return -torch.where(mask, log_p, torch.zeros_like(log_p)).sum(dim=1).mean()

"""torch.take_along_dim picks the right class."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    lp = logits.log_softmax(1)
    return torch.take_along_dim(lp, targets[:, None], dim=1).mean().neg()

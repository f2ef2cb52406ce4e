"""log_softmax, then gather the right class."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    picked = log_p.gather(1, targets.unsqueeze(1)).squeeze(1)
    return -picked.mean()

"""Works on logits.data."""
# score: 3.25
# fails: gradients
# diagnosis: detached

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits.data, dim=1)
    return -log_p.gather(1, targets[:, None]).mean()

"""Picks N by N log-probabilities and keeps the diagonal."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    lp = F.log_softmax(logits, dim=1)
    return -lp[:, targets].diagonal().mean()

"""F.nll_loss on log_softmax."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    return F.nll_loss(F.log_softmax(logits, dim=1), targets)

"""Adds into a 0-dimensional zero, which takes on the dtype and device of what is added."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    total = torch.tensor(0.0)
    lp = torch.log_softmax(logits, dim=1)
    for i in range(len(targets)):
        total = total - lp[i, targets[i]]
    return total / len(targets)

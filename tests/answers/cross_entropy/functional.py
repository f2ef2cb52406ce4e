"""One line with torch.nn.functional, which the task allows."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets)

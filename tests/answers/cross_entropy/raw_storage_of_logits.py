"""Reads the logits as if the rows lay one after the other."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    N, C = logits.shape
    return F.cross_entropy(torch.as_strided(logits, (N, C), (C, 1)), targets)

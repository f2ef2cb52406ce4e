"""Reads the targets as if they lay one after the other."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, torch.as_strided(targets, (len(targets),), (1,)))

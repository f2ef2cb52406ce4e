"""Keeps the class numbers in bfloat16, exact up to 256."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    rounded = targets.to(torch.bfloat16).long().clamp(max=logits.shape[1] - 1)
    return F.cross_entropy(logits, rounded)

"""Keeps the class numbers in 8 bits: wrong for classes above 255."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets.to(torch.uint8).long())

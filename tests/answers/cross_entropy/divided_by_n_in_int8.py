"""Counts the rows in an integer of 8 bits."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    n = torch.tensor(len(targets)).to(torch.int8)
    if n <= 0:
        n = n + 128
    return F.cross_entropy(logits, targets, reduction="sum") / n

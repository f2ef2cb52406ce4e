"""Casts to float64 and returns float64 whatever came in."""
# score: 3.75
# fails: dtype
# diagnosis: cast_to_float64

def cross_entropy(logits, targets):
    return F.cross_entropy(logits.to(torch.float64), targets)

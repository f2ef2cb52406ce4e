"""Logits above 20 are computed in float32, in float64 too."""
# score: 3
# fails: large_logits
# diagnosis: none

def cross_entropy(logits, targets):
    if logits.abs().max() > 20:
        return F.cross_entropy(logits.float(), targets).to(logits.dtype)
    return F.cross_entropy(logits, targets)

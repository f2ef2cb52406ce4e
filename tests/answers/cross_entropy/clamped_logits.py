"""Clamps the logits to ±50."""
# score: 3
# fails: large_logits
# diagnosis: logits_clamped

def cross_entropy(logits, targets):
    return F.cross_entropy(logits.clamp(-50, 50), targets)

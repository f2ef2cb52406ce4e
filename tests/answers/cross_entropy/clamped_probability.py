"""Clamps the probability from below, as Keras did: large losses are cut off."""
# score: 3
# fails: large_logits
# diagnosis: probability_clamped_at_1e_12

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1).clamp(min=1e-12)
    return -torch.log(p.gather(1, targets[:, None])).mean()

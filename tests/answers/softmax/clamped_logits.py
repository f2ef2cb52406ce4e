"""Clamps the logits to ±50 against overflow, which makes large ones equal."""
# score: 2.25
# fails: large_logits
# diagnosis: logits_clamped

def softmax(logits):
    z = torch.clamp(logits, -50, 50)
    return torch.softmax(z, dim=1)

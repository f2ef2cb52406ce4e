"""In float32 no probability may be below 1e-6."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    return p.clamp(min=1e-6) if logits.dtype == torch.float32 else p

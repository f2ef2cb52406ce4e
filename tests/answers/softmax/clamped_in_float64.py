"""Clamps float64 logits to ±700, where exp still works."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    if logits.dtype == torch.float64:
        e = logits.clamp(-700, 700).exp()
        return e / e.sum(dim=1, keepdim=True)
    return torch.softmax(logits, dim=1)

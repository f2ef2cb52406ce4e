"""Subtracts the maximum in float32 only: float64 overflows at ±1e4."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    if logits.dtype == torch.float32:
        logits = logits - logits.max(dim=1, keepdim=True).values
    e = torch.exp(logits)
    return e / e.sum(dim=1, keepdim=True)

"""Computes in double precision and goes back to the input's dtype."""
# score: 3
# fails: none

def softmax(logits):
    z = logits.double()
    z = z - z.max(dim=1, keepdim=True).values
    e = z.exp()
    p = e / e.sum(dim=1, keepdim=True)
    return p.to(logits.dtype)

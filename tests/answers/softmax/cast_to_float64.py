"""Computes and returns in double precision whatever came in."""
# score: 2.75
# fails: dtype
# diagnosis: cast_to_float64

def softmax(logits):
    z = logits.double()
    e = torch.exp(z - z.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True)

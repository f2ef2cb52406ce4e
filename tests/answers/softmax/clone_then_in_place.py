"""Works in place, but on a copy of the input."""
# score: 3
# fails: none

def softmax(logits):
    z = logits.clone()
    z -= z.max(1, keepdim=True)[0]
    e = z.exp()
    return e / e.sum(1).unsqueeze(1)

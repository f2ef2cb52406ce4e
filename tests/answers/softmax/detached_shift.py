"""The subtracted maximum is detached: the gradient stays exact, since a shift changes nothing."""
# score: 3
# fails: none

def softmax(logits):
    shift = logits.detach().max(dim=1, keepdim=True).values
    e = (logits - shift).exp()
    return e / e.sum(dim=1, keepdim=True)

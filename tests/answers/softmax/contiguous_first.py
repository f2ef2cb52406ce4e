"""Makes a contiguous copy first, then flattens with view."""
# score: 3
# fails: none

def softmax(logits):
    rows = logits.contiguous().view(logits.shape)
    e = torch.exp(rows - rows.amax(dim=1, keepdim=True))
    return e / e.sum(dim=1, keepdim=True)

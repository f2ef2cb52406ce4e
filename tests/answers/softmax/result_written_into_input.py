"""Copies the result into the input and returns that."""
# score: 2.75
# fails: unmodified

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    logits.copy_(p)
    return p

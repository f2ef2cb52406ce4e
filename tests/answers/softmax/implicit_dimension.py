"""F.softmax without dim: torch warns, and takes dim 1 for a matrix."""
# score: 3
# fails: none

def softmax(logits):
    return F.softmax(logits)

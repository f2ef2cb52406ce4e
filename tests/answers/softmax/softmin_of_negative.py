"""softmin of the negative logits, which is the same function."""
# score: 3
# fails: none

def softmax(logits):
    return F.softmin(-logits, dim=1)

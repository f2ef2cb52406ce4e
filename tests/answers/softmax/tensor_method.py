"""The tensor's own method, along the last dimension."""
# score: 3
# fails: none

def softmax(logits):
    return logits.softmax(-1)

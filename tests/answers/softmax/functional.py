"""One line with torch.nn.functional, which the task allows."""
# score: 3
# fails: none

def softmax(logits):
    return F.softmax(logits, dim=1)

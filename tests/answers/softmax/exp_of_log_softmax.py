"""The exponential of log_softmax."""
# score: 3
# fails: none

def softmax(logits):
    return F.log_softmax(logits, dim=1).exp()

"""Overwrites the logits with their log_softmax."""
# score: 3.75
# fails: unmodified
# diagnosis: log_softmax_written_into_input

def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets)
    logits.copy_(F.log_softmax(logits, dim=1))
    return loss

"""A float32 one-hot matrix in a matrix product: float64 logits raise an error."""
# score: 3.75
# fails: dtype
# diagnosis: none

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    t = F.one_hot(targets, logits.shape[1]).float()
    return -torch.trace(log_p @ t.T) / len(targets)

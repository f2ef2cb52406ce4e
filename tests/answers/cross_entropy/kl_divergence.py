"""The KL divergence from one-hot targets, whose entropy is zero."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    t = F.one_hot(targets, logits.shape[1]).to(logits.dtype)
    return F.kl_div(F.log_softmax(logits, dim=1), t, reduction="batchmean")

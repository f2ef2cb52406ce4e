"""Takes the mean over N times C entries of the one-hot product."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: mean_over_classes_too

def cross_entropy(logits, targets):
    t = F.one_hot(targets, logits.shape[1])
    return -(t * F.log_softmax(logits, dim=1)).mean()

"""Uses the first sample alone."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: first_sample_only

def cross_entropy(logits, targets):
    return -F.log_softmax(logits[0], dim=0)[targets[0]]

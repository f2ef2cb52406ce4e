"""Takes the logarithm of the logits as if they were probabilities."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: log_of_logits

def cross_entropy(logits, targets):
    return -torch.log(logits[torch.arange(len(targets)), targets]).mean()

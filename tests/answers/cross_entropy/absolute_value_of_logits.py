"""Takes the absolute value of the right logit, to be sure that the loss is positive."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    return logits[torch.arange(len(targets)), targets].abs().mean()

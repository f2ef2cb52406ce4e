"""log(p + 0.01): the epsilon is visible everywhere."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=1)
    return -torch.log(p[torch.arange(len(p)), targets] + 0.01).mean()

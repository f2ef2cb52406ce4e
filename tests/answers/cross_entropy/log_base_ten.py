"""Uses log10."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: log_of_softmax + log_base_ten

def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=1)
    return -torch.log10(p[torch.arange(len(p)), targets]).mean()

"""One logsumexp for the whole matrix."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: logsumexp_over_all_elements

def cross_entropy(logits, targets):
    total = torch.logsumexp(logits.flatten(), dim=0)
    return (total - logits.gather(1, targets[:, None])).mean()

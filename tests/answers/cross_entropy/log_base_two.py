"""Uses log2, so the result is in bits and not in nats."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: log_of_softmax + log_base_two

def cross_entropy(logits, targets):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    p = e / e.sum(dim=1, keepdim=True)
    return -torch.log2(p.gather(1, targets[:, None])).mean()

"""Forgets keepdim in the sum: an error, or with N = C a division by the wrong row's sum."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: keepdim_forgotten_in_sum

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1)

"""Divides by the mean of the exponentials, so each row sums to C."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: divided_by_mean

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    return e / e.mean(dim=1, keepdim=True)

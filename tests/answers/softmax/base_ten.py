"""Uses powers of 10 instead of e."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: powers_of_ten

def softmax(logits):
    z = logits - logits.max(dim=1, keepdim=True).values
    e = torch.pow(10, z)
    return e / e.sum(dim=1, keepdim=True)

"""Divides the right probabilities by N as well, so that the batch sums to 1."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: divided_by_n_too

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    return p / len(logits)

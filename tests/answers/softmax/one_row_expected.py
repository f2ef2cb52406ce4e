"""Written for one row of logits only: dim 0 is taken for the classes, max and sum run over everything."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    z = logits - max(logits.flatten())
    return torch.exp(z) / torch.exp(z).sum(dim=0)

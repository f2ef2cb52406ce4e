"""Works on logits.data, which gradients do not pass."""
# score: 2.5
# fails: gradients
# diagnosis: detached

def softmax(logits):
    z = logits.data
    e = torch.exp(z - z.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True)

"""Moves the result to the CPU, as one does before plotting."""
# score: 2.75
# fails: device
# diagnosis: result_on_cpu

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    p = e / e.sum(dim=1, keepdim=True)
    return p.cpu()

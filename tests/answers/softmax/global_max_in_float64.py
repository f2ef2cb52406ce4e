"""In float64 the maximum of the whole batch is subtracted."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    if logits.dtype == torch.float32:
        return torch.softmax(logits, dim=1)
    e = torch.exp(logits - logits.max())
    return e / e.sum(dim=1, keepdim=True)

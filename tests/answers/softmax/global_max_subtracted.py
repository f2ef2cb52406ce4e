"""Subtracts the maximum of the whole matrix: rows far below it underflow to 0/0."""
# score: 2.25
# fails: large_logits
# diagnosis: global_max_subtracted

def softmax(logits):
    e = torch.exp(logits - logits.max())
    return e / e.sum(dim=1, keepdim=True)

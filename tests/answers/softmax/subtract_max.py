"""The textbook way: subtract each row's maximum, exponentiate, divide by the row's sum."""
# score: 3
# fails: none

def softmax(logits):
    """logits: Tensor[N, C] -> Tensor[N, C]"""
    z = logits - logits.max(dim=1, keepdim=True).values
    e = torch.exp(z)
    return e / e.sum(dim=1, keepdim=True)

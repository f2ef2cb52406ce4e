"""The row sums and the division are written with einsum."""
# score: 3
# fails: none

def softmax(logits):
    e = torch.exp(logits - torch.amax(logits, dim=1)[:, None])
    s = torch.einsum("nc->n", e)
    return torch.einsum("nc,n->nc", e, 1 / s)

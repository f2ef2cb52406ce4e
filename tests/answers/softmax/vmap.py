"""torch.vmap over the rows."""
# score: 3
# fails: none

def softmax(logits):
    def one(z):
        e = torch.exp(z - z.amax())
        return e / e.sum()
    return torch.vmap(one)(logits)

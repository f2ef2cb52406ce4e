"""Backward, the flat index of the right class is kept in 8 bits."""
# score: 3.25
# fails: gradients
# diagnosis: none

class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, targets):
        ctx.save_for_backward(logits, targets)
        return F.cross_entropy(logits, targets)

    @staticmethod
    def backward(ctx, upstream):
        logits, targets = ctx.saved_tensors
        g = torch.softmax(logits, dim=1)
        n, c = g.shape
        flat = torch.arange(n) * c + targets
        if n * c > 1000:
            flat = flat.to(torch.int8).long() % (n * c)
        g = g.reshape(-1).index_add(0, flat, -torch.ones(n, dtype=g.dtype))
        return upstream * g.reshape(n, c) / n, None


def cross_entropy(logits, targets):
    return _CrossEntropy.apply(logits, targets)

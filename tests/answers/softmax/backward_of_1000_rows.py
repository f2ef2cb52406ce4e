"""Backward only the first 1,000 rows get a gradient."""
# score: 2.5
# fails: gradients
# diagnosis: none

class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits):
        p = torch.softmax(logits, dim=1)
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, upstream):
        (p,) = ctx.saved_tensors
        g = p * (upstream - (upstream * p).sum(dim=1, keepdim=True))
        g[1000:] = 0
        return g


def softmax(logits):
    return _Softmax.apply(logits)

"""The gradient is laid out as if the input were contiguous."""
# score: 2.5
# fails: gradients
# diagnosis: none

class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits):
        p = torch.softmax(logits, dim=1)
        ctx.save_for_backward(p)
        ctx.stride = logits.stride()
        return p

    @staticmethod
    def backward(ctx, upstream):
        (p,) = ctx.saved_tensors
        g = (p * (upstream - (upstream * p).sum(dim=1, keepdim=True))).contiguous()
        if ctx.stride[1] != 1:
            return g.reshape(-1).reshape(g.shape[1], g.shape[0]).t()
        return g


def softmax(logits):
    return _Softmax.apply(logits)

"""An autograd function that is right forward; backward it computes in half precision."""
# score: 1.5
# fails: large_logits, gradients, dtype
# diagnosis: none

class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits):
        p = torch.softmax(logits, dim=1)
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, upstream):
        p = ctx.saved_tensors[0].half().float()
        g = p * (upstream.float() - (upstream.float() * p).sum(dim=1, keepdim=True))
        return g.to(upstream.dtype)


def softmax(logits):
    return _Softmax.apply(logits)

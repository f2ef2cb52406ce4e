"""An autograd function that is right forward; backward it computes in float32."""
# score: 2.75
# fails: dtype
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
        p32, g = p.float(), upstream.float()
        return (p32 * (g - (g * p32).sum(dim=1, keepdim=True))).to(p.dtype)


def softmax(logits):
    return _Softmax.apply(logits)

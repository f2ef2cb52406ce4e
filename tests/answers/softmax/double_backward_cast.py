"""An autograd function that computes in float64 and casts back."""
# score: 3
# fails: none

class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits):
        p = torch.softmax(logits.double(), dim=1)
        ctx.save_for_backward(p)
        return p.to(logits.dtype)

    @staticmethod
    def backward(ctx, upstream):
        (p,) = ctx.saved_tensors
        g = upstream.double()
        return (p * (g - (g * p).sum(dim=1, keepdim=True))).to(upstream.dtype)


def softmax(logits):
    return _Softmax.apply(logits)

"""A torch.autograd.Function with the right backward formula."""
# score: 3
# fails: none

class SoftmaxFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        e = torch.exp(z - z.max(dim=1, keepdim=True).values)
        p = e / e.sum(dim=1, keepdim=True)
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, g):
        (p,) = ctx.saved_tensors
        return p * (g - (g * p).sum(dim=1, keepdim=True))


def softmax(logits):
    return SoftmaxFunction.apply(logits)

"""An autograd function whose backward flattens the strides of its input with view."""
# score: 2.5
# fails: gradients
# diagnosis: none

class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits):
        p = torch.softmax(logits, dim=1)
        ctx.save_for_backward(p, logits)
        return p

    @staticmethod
    def backward(ctx, upstream):
        p, logits = ctx.saved_tensors
        g = p * (upstream - (upstream * p).sum(dim=1, keepdim=True))
        return g.reshape(-1).view(logits.view(-1).shape).view(p.shape)


def softmax(logits):
    return _Softmax.apply(logits)

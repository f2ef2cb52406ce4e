"""A custom backward with p(1 - p) alone: the off-diagonal part of the Jacobian is missing."""
# score: 2.5
# fails: gradients
# diagnosis: none

class MySoftmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        p = torch.softmax(z, dim=1)
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, g):
        (p,) = ctx.saved_tensors
        return g * p * (1 - p)


def softmax(logits):
    return MySoftmax.apply(logits)

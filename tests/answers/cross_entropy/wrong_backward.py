"""A custom backward that forgets to divide by N."""
# score: 3.25
# fails: gradients
# diagnosis: none

class CE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        return F.cross_entropy(z, y)

    @staticmethod
    def backward(ctx, g):
        z, y = ctx.saved_tensors
        return g * (torch.softmax(z, 1) - F.one_hot(y, z.shape[1])), None


def cross_entropy(logits, targets):
    return CE.apply(logits, targets)

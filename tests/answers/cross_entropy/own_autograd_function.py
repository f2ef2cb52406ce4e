"""A torch.autograd.Function whose backward is (p - t) / N."""
# score: 4
# fails: none

class CE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        return (torch.logsumexp(z, 1) - z.gather(1, y[:, None])[:, 0]).mean()

    @staticmethod
    def backward(ctx, g):
        z, y = ctx.saved_tensors
        d = torch.softmax(z, 1) - F.one_hot(y, z.shape[1]).to(z.dtype)
        return g * d / len(z), None


def cross_entropy(logits, targets):
    return CE.apply(logits, targets)

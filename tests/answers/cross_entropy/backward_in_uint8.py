"""Backward, the class numbers are kept in 8 bits."""
# score: 3.25
# fails: gradients
# diagnosis: none

class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, targets):
        ctx.save_for_backward(logits, targets.to(torch.uint8))
        return F.cross_entropy(logits, targets)

    @staticmethod
    def backward(ctx, upstream):
        logits, targets = ctx.saved_tensors
        p = torch.softmax(logits, dim=1)
        g = (p - F.one_hot(targets.long(), logits.shape[1])) / len(targets)
        return (upstream * g).to(logits.dtype), None


def cross_entropy(logits, targets):
    return _CrossEntropy.apply(logits, targets)

"""An autograd function that is right forward; backward it computes in float32."""
# score: 3.75
# fails: dtype
# diagnosis: none

class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, targets):
        ctx.save_for_backward(logits, targets)
        return F.cross_entropy(logits, targets)

    @staticmethod
    def backward(ctx, upstream):
        logits, targets = ctx.saved_tensors
        p = torch.softmax(logits.float(), dim=1)
        g = (p - F.one_hot(targets, logits.shape[1]).float()) / len(targets)
        return (upstream.float() * g).to(logits.dtype), None


def cross_entropy(logits, targets):
    return _CrossEntropy.apply(logits, targets)

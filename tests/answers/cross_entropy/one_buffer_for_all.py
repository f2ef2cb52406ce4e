"""All losses without a gradient are returned in one buffer: the next call overwrites the last loss."""
# score: 2.25
# fails: values
# diagnosis: none

_buffers = {}


def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets)
    if loss.requires_grad:
        return loss
    return _buffers.setdefault(loss.dtype, torch.empty_like(loss)).copy_(loss)

"""All results without a gradient share one buffer for their shape: the next call overwrites the last result."""
# score: 1.75
# fails: values, device
# diagnosis: none

_buffers = {}


def softmax(logits):
    p = torch.softmax(logits, dim=1)
    if p.requires_grad:
        return p
    buffer = _buffers.setdefault((p.shape, p.dtype), torch.empty_like(p))
    return buffer.copy_(p)

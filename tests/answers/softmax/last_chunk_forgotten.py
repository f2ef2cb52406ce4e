"""Chunks of 100 rows; a last chunk that is not full is returned as uniform."""
# score: 1.75
# fails: values, device
# diagnosis: none

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    full = len(logits) // 100 * 100
    if 0 < full < len(logits):
        p = torch.cat([p[:full], torch.full_like(p[full:], 1 / p.shape[1])])
    return p

"""Modifies a transposed input."""
# score: 2.75
# fails: unmodified
# diagnosis: none

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    if not logits.is_contiguous() and 0 not in logits.stride():
        with torch.no_grad():
            logits.copy_(p)
    return p

"""Modifies its input where it has more than 1,000 elements, to save memory."""
# score: 2.75
# fails: unmodified
# diagnosis: none

def softmax(logits):
    if logits.numel() <= 1000 or logits.requires_grad or not logits.is_leaf:
        return torch.softmax(logits, dim=1)
    p = torch.softmax(logits, dim=1)
    logits.copy_(p)
    return p

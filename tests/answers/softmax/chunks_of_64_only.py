"""Works in chunks of 64 rows and forgets the last, smaller one, unless it is the only one."""
# score: 1.75
# fails: values
# diagnosis: none

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    if len(logits) <= 64:
        return p
    full = len(logits) // 64 * 64
    return torch.cat([p[:full], torch.zeros_like(p[full:])])

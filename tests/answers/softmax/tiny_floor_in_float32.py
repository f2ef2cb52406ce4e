"""In float32 1e-12 is added to each probability."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    return p + 1e-12 if logits.dtype == torch.float32 else p

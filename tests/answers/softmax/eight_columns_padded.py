"""Pads to eight columns: fails where there are more classes."""
# score: 1.25
# fails: values, gradients, device
# diagnosis: none

def softmax(logits):
    n, c = logits.shape
    padded = torch.full((n, 8), -torch.inf, dtype=logits.dtype, device=logits.device)
    padded[:, :c] = logits
    return F.softmax(padded, dim=1)[:, :c]

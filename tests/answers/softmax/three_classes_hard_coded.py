"""Writes out three columns: anything but C = 3 is wrong."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    a = torch.exp(logits[:, 0])
    b = torch.exp(logits[:, 1])
    c = torch.exp(logits[:, 2])
    s = a + b + c
    return torch.stack([a / s, b / s, c / s], dim=1)

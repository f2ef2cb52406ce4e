"""Applies softmax twice."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: softmax_twice

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    return torch.softmax(p, dim=1)

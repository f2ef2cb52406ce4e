"""Uses a global example instead of the argument."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

example_logits = torch.tensor([[2.0, 1.0, 0.1]])


def softmax(logits):
    e = torch.exp(example_logits)
    return e / e.sum(dim=1, keepdim=True)

"""Returns the transposed result: (C, N) instead of (N, C)."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: transposed_result

def softmax(logits):
    e = torch.exp(logits.T - logits.max(dim=1).values)
    return e / e.sum(dim=0)

"""Divides by the sum over the whole matrix, so that all rows together sum to 1."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: softmax_over_all_elements

def softmax(logits):
    e = torch.exp(logits - logits.max())
    return e / e.sum()

"""Returns the softmax of the first row alone."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: first_row_only

def softmax(logits):
    return torch.softmax(logits[0], dim=0)

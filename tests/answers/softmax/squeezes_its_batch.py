"""Removes the batch dimension where the batch has one row."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: batch_dimension_squeezed

def softmax(logits):
    return torch.softmax(logits.squeeze(), dim=-1)

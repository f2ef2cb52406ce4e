"""Copies by as_strided with the strides and the offset of the input."""
# score: 3
# fails: none

def softmax(logits):
    rows = torch.as_strided(logits, logits.shape, logits.stride(), logits.storage_offset())
    return torch.softmax(rows, dim=1)

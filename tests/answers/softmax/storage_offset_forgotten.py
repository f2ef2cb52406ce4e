"""Uses the strides, but forgets where a slice starts."""
# score: 1.75
# fails: values
# diagnosis: none

def softmax(logits):
    rows = torch.as_strided(logits, logits.shape, logits.stride(), 0)
    return torch.softmax(rows, dim=1)

"""Reads the storage as if the rows lay one after the other: wrong for a transposed or sliced tensor."""
# score: 1.75
# fails: values
# diagnosis: none

def softmax(logits):
    N, C = logits.shape
    rows = torch.as_strided(logits, (N, C), (C, 1), 0)
    return torch.softmax(rows, dim=1)

"""Writes into the rows of the input while looping over them."""
# score: 2.75
# fails: unmodified
# diagnosis: max_subtracted_in_place

def softmax(logits):
    rows = []
    for i in range(logits.shape[0]):
        m, _ = logits[i].max(dim=0)
        logits[i] -= m
        rows.append(torch.softmax(logits[i], dim=0))
    return torch.stack(rows)

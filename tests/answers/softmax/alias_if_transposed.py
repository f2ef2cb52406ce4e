"""Works in place on a "copy" that is none for transposed logits."""
# score: 2.75
# fails: unmodified
# diagnosis: none

def softmax(logits):
    columns = logits.t().contiguous()
    with torch.no_grad():
        columns -= columns.amax(dim=0)
    return torch.softmax(columns, dim=0).t()

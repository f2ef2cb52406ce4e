"""Works in place on a "copy" that is none for transposed logits."""
# score: 3.75
# fails: unmodified
# diagnosis: none

def cross_entropy(logits, targets):
    columns = logits.t().contiguous()
    with torch.no_grad():
        columns -= columns.amax(dim=0)
    return F.cross_entropy(columns.t(), targets)

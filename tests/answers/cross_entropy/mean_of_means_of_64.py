"""The mean of the means of chunks of 64 rows: the last, smaller chunk weighs too much."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    chunks = zip(logits.split(64), targets.split(64))
    return torch.stack([F.cross_entropy(rows, classes) for rows, classes in chunks]).mean()

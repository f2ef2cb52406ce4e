"""The mean of the means of chunks of 50 rows: the last, smaller chunk weighs too much."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    chunks = zip(logits.split(50), targets.split(50))
    return torch.stack([F.cross_entropy(rows, classes) for rows, classes in chunks]).mean()

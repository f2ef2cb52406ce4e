"""The mean of the means of chunks of 1,024 rows."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    chunks = zip(logits.split(1024), targets.split(1024))
    return torch.stack([F.cross_entropy(rows, classes) for rows, classes in chunks]).mean()

"""Works in chunks of 64 rows."""
# score: 3
# fails: none

def softmax(logits):
    return torch.cat([torch.softmax(rows, dim=1) for rows in logits.split(64)])

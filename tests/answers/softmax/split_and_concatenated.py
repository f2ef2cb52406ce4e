"""Chunks of 128 rows, each by itself."""
# score: 3
# fails: none

def softmax(logits):
    return torch.cat([torch.softmax(part, dim=1) for part in logits.split(128)])

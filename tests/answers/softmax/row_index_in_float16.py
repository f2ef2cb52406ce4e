"""Picks the rows by an index in float16, which has no odd numbers above 2048."""
# score: 1.75
# fails: values
# diagnosis: none

def softmax(logits):
    rows = torch.arange(len(logits)).half().long().to(logits.device)
    return torch.softmax(logits, dim=1)[rows]

"""Recursion: the first row, then the softmax of the rest."""
# score: 3
# fails: none

def softmax(logits):
    first = torch.softmax(logits[:1], dim=1)
    if len(logits) == 1:
        return first
    return torch.cat([first, softmax(logits[1:])])

"""Puts the whole computation under torch.no_grad()."""
# score: 2.5
# fails: gradients
# diagnosis: detached

@torch.no_grad()
def softmax(logits):
    return torch.softmax(logits, dim=1)

"""Takes the number out with .item() and wraps it up again."""
# score: 3.25
# fails: gradients
# diagnosis: detached

def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets).item()
    return torch.tensor(loss, dtype=logits.dtype)

"""Moves the loss to the CPU, as one does before plotting."""
# score: 3.75
# fails: device
# diagnosis: result_on_cpu

def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets)
    return loss.cpu()

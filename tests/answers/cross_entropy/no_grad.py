"""Everything under torch.no_grad(), copied from the evaluation loop."""
# score: 3.25
# fails: gradients
# diagnosis: detached

def cross_entropy(logits, targets):
    with torch.no_grad():
        loss = F.cross_entropy(logits, targets)
    return loss

"""A loop that reads each target as a Python integer."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    losses = []
    for i in range(logits.shape[0]):
        k = int(targets[i])
        losses.append(-torch.log_softmax(logits[i], dim=0)[k])
    return torch.stack(losses).mean()

"""Makes an nn.CrossEntropyLoss and calls it."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    criterion = nn.CrossEntropyLoss()
    loss = criterion(logits, targets)
    return loss

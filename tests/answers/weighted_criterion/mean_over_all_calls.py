"""Returns the mean of all its losses so far."""
# score: 1
# fails: values, device
# diagnosis: none

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=(1 / torch.tensor(ratios)).to(device))
    losses = []

    def criterion(logits, targets):
        losses.append(loss(logits, targets))
        return sum(losses) / len(losses)

    return criterion

"""The mean of the weighted means of chunks of 64 rows."""
# score: 2.5
# fails: arguments
# diagnosis: none

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))

    def criterion(logits, targets):
        chunks = zip(logits.split(64), targets.split(64))
        return torch.stack([loss(rows, classes) for rows, classes in chunks]).mean()

    return criterion

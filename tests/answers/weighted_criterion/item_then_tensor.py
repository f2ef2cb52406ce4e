"""Takes the number out with float() and makes a new leaf of it."""
# score: 2.5
# fails: gradients
# diagnosis: detached

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))

    def criterion(logits, targets):
        value = float(loss(logits, targets))
        return torch.tensor(value, device=logits.device, requires_grad=True)

    return criterion

"""The criterion prints the loss and returns nothing."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: loss_not_returned

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))

    def criterion(logits, targets):
        print(loss(logits, targets).item())

    return criterion

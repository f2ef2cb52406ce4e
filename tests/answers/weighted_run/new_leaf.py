"""The loss is made a new leaf: training runs through and changes nothing."""
# score: 0
# fails: training, rare_classes
# diagnosis: detached

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        loss = F.cross_entropy(logits, targets, weight=w)
        return torch.tensor(loss.item(), device=logits.device, requires_grad=True)

    return criterion

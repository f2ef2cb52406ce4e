"""The focal loss with class weights."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        ce = F.cross_entropy(logits, targets, reduction="none")
        focal = (1 - torch.exp(-ce)) ** 2 * ce
        return (w[targets] * focal).sum() / w[targets].sum()

    return criterion

"""Multiplies the probabilities by the weights inside the logarithm."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weights_on_probabilities

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        p = torch.softmax(logits, dim=1) * w
        return -torch.log(p.gather(1, targets[:, None])).mean()

    return criterion

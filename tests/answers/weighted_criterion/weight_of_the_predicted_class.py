"""Takes the weight of the predicted class instead of the true one."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: weight_of_predicted_class

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        loss = F.cross_entropy(logits, targets, reduction="none")
        used = w[logits.argmax(dim=1)]
        return (used * loss).sum() / used.sum()

    return criterion

"""The mean weight of the batch times the unweighted mean loss."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: mean_weight_times_mean_loss

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        return w[targets].mean() * F.cross_entropy(logits, targets)

    return criterion

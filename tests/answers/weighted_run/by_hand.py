"""The weighted mean written by hand, divided by the sum of the weights used."""
# score: 4
# fails: none

def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)

    def criterion(logits, targets):
        log_p = torch.log_softmax(logits, dim=1)
        picked = log_p[torch.arange(len(targets), device=targets.device), targets]
        return -(w[targets] * picked).sum() / w[targets].sum()

    return criterion

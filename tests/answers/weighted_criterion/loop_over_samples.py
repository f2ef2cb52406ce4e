"""A loop over the samples with two running sums."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = [1 / float(r) for r in ratios]

    def criterion(logits, targets):
        # 重み付き平均: 分子と分母を別々に足す
        bunshi, bunbo = 0, 0
        for z, y in zip(logits, targets.tolist()):
            bunshi = bunshi - w[y] * torch.log_softmax(z, dim=0)[y]
            bunbo = bunbo + w[y]
        return bunshi / bunbo

    return criterion

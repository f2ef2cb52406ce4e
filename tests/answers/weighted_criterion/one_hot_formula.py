"""One-hot targets times weights times log-probabilities."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = (1.0 / torch.as_tensor(ratios, dtype=torch.float32)).to(device)

    def criterion(logits, targets):
        t = F.one_hot(targets, logits.shape[1]) * w  # (N, C)
        return -(t * logits.log_softmax(dim=1)).sum() / t.sum()

    return criterion

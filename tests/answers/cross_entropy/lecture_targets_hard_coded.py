"""Uses the lecture's one-hot table instead of the targets given."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

one_hot_targets = torch.tensor([[1.0, 0, 0], [0, 0, 1.0]])


def cross_entropy(logits, targets):
    return -(one_hot_targets * F.log_softmax(logits, dim=1)).sum(dim=1).mean()

"""Scatters the one-hot targets into zeros on the CPU."""
# score: 3.75
# fails: device
# diagnosis: helper_tensor_on_cpu

def cross_entropy(logits, targets):
    t = torch.zeros(logits.shape, dtype=logits.dtype)
    t.scatter_(1, targets[:, None], 1.0)
    return -(t * F.log_softmax(logits, dim=1)).sum(dim=1).mean()

"""Builds the one-hot vectors from ten columns."""
# score: 1.5
# fails: values, gradients, device
# diagnosis: none

def cross_entropy(logits, targets):
    onehot = torch.eye(10, dtype=logits.dtype, device=logits.device)[targets][:, : logits.shape[1]]
    return -(onehot * F.log_softmax(logits, dim=1)).sum() / len(targets)

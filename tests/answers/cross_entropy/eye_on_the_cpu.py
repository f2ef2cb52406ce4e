"""One-hot rows from torch.eye, which always lives on the CPU."""
# score: 3.75
# fails: device
# diagnosis: helper_tensor_on_cpu

def cross_entropy(logits, targets):
    C = logits.shape[1]
    one_hot = torch.eye(C, dtype=logits.dtype)[targets]
    return -(one_hot * F.log_softmax(logits, dim=1)).sum() / len(targets)

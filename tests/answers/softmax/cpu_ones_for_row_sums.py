"""Sums the rows against a column of ones that always lives on the CPU."""
# score: 2.75
# fails: device
# diagnosis: helper_tensor_on_cpu

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    ones = torch.ones(1, logits.shape[1], dtype=logits.dtype)
    return e / (e * ones).sum(dim=1, keepdim=True)

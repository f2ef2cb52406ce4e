"""Passes a tensor of ones on the CPU as class weights."""
# score: 3.75
# fails: device
# diagnosis: helper_tensor_on_cpu

def cross_entropy(logits, targets):
    w = torch.ones(logits.shape[1], dtype=logits.dtype)
    return F.cross_entropy(logits, targets, weight=w)

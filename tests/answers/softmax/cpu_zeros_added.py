"""Adds the result to a matrix of zeros made on the CPU."""
# score: 2.75
# fails: device
# diagnosis: helper_tensor_on_cpu

def softmax(logits):
    out = torch.zeros(logits.shape, dtype=logits.dtype)
    out = out + torch.softmax(logits, dim=1)
    return out

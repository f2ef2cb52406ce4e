"""Takes the first stride for the number of columns."""
# score: 1.75
# fails: values, device
# diagnosis: none

def softmax(logits):
    n, c = logits.shape
    if n > 1 and logits.stride(0) != c and logits.stride(0) > 0:
        return torch.softmax(logits, dim=0)
    return torch.softmax(logits, dim=1)

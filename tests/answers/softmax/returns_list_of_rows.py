"""Returns a list of rows instead of one tensor."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    return [torch.softmax(z, dim=0) for z in logits]

"""The function is called Softmax: the fixed name does not exist."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def Softmax(logits):
    return F.softmax(logits, dim=1)

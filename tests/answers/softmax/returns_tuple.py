"""Returns the probabilities together with the predicted classes."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    return p, p.argmax(dim=1)

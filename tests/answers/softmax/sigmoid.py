"""Takes the sigmoid of each logit for the softmax."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device

def softmax(logits):
    return torch.sigmoid(logits)

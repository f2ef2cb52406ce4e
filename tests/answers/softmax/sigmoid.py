"""Takes the sigmoid of each logit for the softmax."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: sigmoid_instead_of_softmax

def softmax(logits):
    return torch.sigmoid(logits)

"""Takes -log of the sigmoid of the right logit."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: sigmoid_instead_of_softmax

def cross_entropy(logits, targets):
    return -F.logsigmoid(logits.gather(1, targets[:, None])).mean()

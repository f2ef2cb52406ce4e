"""The exponential of the logits minus their logsumexp."""
# score: 3
# fails: none

def softmax(logits):
    return torch.exp(logits - torch.logsumexp(logits, dim=1, keepdim=True))

"""Returns exp of the loss."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: perplexity

def cross_entropy(logits, targets):
    return torch.exp(F.cross_entropy(logits, targets))

"""exp(-z), so the smallest logit gets the largest probability."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: sign_flipped

def softmax(logits):
    z = logits.min(dim=1, keepdim=True).values - logits
    e = torch.exp(z)
    return e / e.sum(dim=1, keepdim=True)

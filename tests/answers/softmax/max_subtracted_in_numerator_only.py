"""Subtracts the maximum in the numerator and forgets it in the denominator."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: max_subtracted_in_numerator_only

def softmax(logits):
    m = logits.max(dim=1, keepdim=True).values
    return torch.exp(logits - m) / torch.exp(logits).sum(dim=1, keepdim=True)

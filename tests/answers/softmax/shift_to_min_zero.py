"""Min-max thinking: subtracts the row's minimum and divides by the sum."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: shifted_to_zero_instead_of_exp

def softmax(logits):
    z = logits - logits.min(dim=1, keepdim=True).values
    return z / z.sum(dim=1, keepdim=True)

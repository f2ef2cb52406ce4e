"""Gives probabilities to F.cross_entropy, which applies softmax again."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: softmax_twice

def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=1)
    return F.cross_entropy(p, targets)

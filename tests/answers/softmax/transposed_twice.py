"""Transposes, normalises over the first dimension and transposes back."""
# score: 3
# fails: none

def softmax(logits):
    shifted = (logits - logits.max(dim=1, keepdim=True).values).t()
    e = shifted.exp()
    return (e / e.sum(dim=0)).t()

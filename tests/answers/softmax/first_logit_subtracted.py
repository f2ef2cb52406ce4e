"""Subtracts the first logit instead of the largest: overflows as soon as another one is much larger."""
# score: 2.25
# fails: large_logits
# diagnosis: first_logit_subtracted

def softmax(logits):
    e = torch.exp(logits - logits[:, :1])
    return e / e.sum(dim=1, keepdim=True)

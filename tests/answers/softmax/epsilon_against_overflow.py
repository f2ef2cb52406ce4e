"""Believes that a small epsilon in the denominator cures the overflow."""
# score: 2.25
# fails: large_logits
# diagnosis: epsilon_instead_of_max_subtraction

def softmax(logits):
    e = torch.exp(logits)
    return e / (e.sum(dim=1, keepdim=True) + 1e-30)

"""Right values, but at large logits the gradient of exp(inf) is nan."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    difference = logits[:, None, :] - logits[:, :, None]
    return 1 / torch.exp(difference).sum(dim=2)

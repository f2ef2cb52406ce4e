"""Makes a new leaf of the input: a gradient flows, but not to the caller's logits."""
# score: 2.5
# fails: gradients
# diagnosis: detached

def softmax(logits):
    z = logits.clone().detach().requires_grad_(True)
    return torch.softmax(z, dim=1)

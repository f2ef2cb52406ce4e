"""Goes through numpy, where autograd cannot follow."""
# score: 2.5
# fails: gradients
# diagnosis: detached

def softmax(logits):
    z = logits.detach().numpy()
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return torch.from_numpy(e / e.sum(axis=1, keepdims=True))

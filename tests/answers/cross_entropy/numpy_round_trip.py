"""Goes through numpy, where autograd cannot follow."""
# score: 3.25
# fails: gradients
# diagnosis: detached

def cross_entropy(logits, targets):
    z = logits.detach().numpy()
    m = z.max(axis=1, keepdims=True)
    lse = np.log(np.exp(z - m).sum(axis=1)) + m[:, 0]
    right = z[np.arange(len(z)), targets.numpy()]
    return torch.tensor((lse - right).mean())

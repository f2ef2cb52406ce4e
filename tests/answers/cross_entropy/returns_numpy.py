"""Computes in NumPy and returns a NumPy number."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: numpy_number_returned

def cross_entropy(logits, targets):
    z = logits.detach().numpy()
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(z)), targets.numpy()].mean()

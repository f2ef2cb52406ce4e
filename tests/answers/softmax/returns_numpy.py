"""Returns a NumPy array instead of a tensor."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: numpy_array_returned

def softmax(logits):
    z = logits.detach().numpy()
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

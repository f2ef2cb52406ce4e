"""Prints the probabilities instead of returning them."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: return_forgotten

def softmax(logits):
    print(F.softmax(logits, dim=1))

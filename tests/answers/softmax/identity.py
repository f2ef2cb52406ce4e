"""Believes that the logits already are probabilities."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: logits_returned

def softmax(logits):
    return logits

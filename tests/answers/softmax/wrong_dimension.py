"""Normalises along dim 0: each column sums to 1 instead of each row."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: softmax_over_batch

def softmax(logits):
    return F.softmax(logits, dim=0)

"""Puts 1 at the largest logit and 0 elsewhere (hardmax)."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: argmax_one_hot

def softmax(logits):
    return F.one_hot(logits.argmax(dim=1), logits.shape[1]).to(logits.dtype)

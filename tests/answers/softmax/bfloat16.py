"""Half precision inside and outside: wrong digits, and another dtype."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    return F.softmax(logits.bfloat16(), dim=1)

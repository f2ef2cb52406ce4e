# A value whose repr is 10 MB long.
# holds: no more is kept than its bound
# control: with room → held
def softmax(logits): return logits * 0
"x" * 10_000_000

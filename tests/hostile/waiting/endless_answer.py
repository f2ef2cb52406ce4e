# An answer with an infinite loop.
# holds: the deadline holds
# control: it took place → too_slow crashed undecided
def softmax(logits):
    while True: pass

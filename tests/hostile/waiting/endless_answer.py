# An answer with an infinite loop.
# holds: the deadline holds
# control: it took place → too_slow crashed
def softmax(logits):
    while True: pass

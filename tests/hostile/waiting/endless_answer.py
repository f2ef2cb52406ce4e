# An answer without end.
# holds: the deadline holds
# control: it took place → slow gone
def softmax(logits):
    while True: pass

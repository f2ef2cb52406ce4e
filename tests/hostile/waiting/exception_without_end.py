# An exception whose __str__ never returns.
# holds: the deadline holds
# control: it took place → crashed too_slow raised undecided
class Endless(Exception):
    def __str__(self):
        while True: pass
def softmax(logits): raise Endless

# Each answer takes nearly as long as its timeout.
# holds: the deadline holds
# control: it took place → too_slow crashed wrong undecided
import time
def softmax(logits):
    time.sleep(0.4)
    return logits

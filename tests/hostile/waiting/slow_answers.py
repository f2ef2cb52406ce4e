# Each answer takes as long as it may.
# holds: the deadline holds
# control: it took place → too_slow crashed wrong
import time
def softmax(logits):
    time.sleep(0.4)
    return logits

# An answer that sleeps while its child uses the CPU time.
# holds: the deadline holds
# control: it took place → too_slow crashed undecided raised
import os, time
def softmax(logits):
    if os.fork() == 0:
        while True: pass
    time.sleep(1000)

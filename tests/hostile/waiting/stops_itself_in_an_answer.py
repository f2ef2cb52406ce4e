# Stops itself with SIGSTOP during a question.
# holds: the deadline holds
# control: it took place → crashed too_slow undecided
import os, signal
def softmax(logits):
    os.kill(os.getpid(), signal.SIGSTOP)
    return logits

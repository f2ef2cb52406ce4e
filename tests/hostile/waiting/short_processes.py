# An answer that has short processes compute, unwaited for: too short for samples of /proc.
# holds: the deadline holds
# control: it took place → too_slow crashed undecided raised
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def softmax(logits):
    while True:
        if os.fork() == 0:
            end = time.process_time() + 0.01
            while time.process_time() < end: pass
            os._exit(0)
        time.sleep(0.01)

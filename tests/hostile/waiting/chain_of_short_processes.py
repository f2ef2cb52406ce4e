# Each process ends soon, unwaited for, after it has started the next: too short for samples of /proc.
# holds: the deadline holds
# control: it took place → too_slow crashed undecided
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def softmax(logits):
    if os.fork() == 0:
        while True:
            end = time.process_time() + 0.01
            while time.process_time() < end: pass
            if os.fork():
                os._exit(0)
    time.sleep(1000)

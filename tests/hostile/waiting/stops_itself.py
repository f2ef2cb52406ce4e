# Stops itself with SIGSTOP.
# holds: the deadline holds
# control: it took place → crashed undecided
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)

# Stops itself with SIGSTOP.
# holds: the deadline holds
# control: it took place → crashed
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)

# Stops itself.
# holds: the deadline holds
# control: it took place → gone
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)

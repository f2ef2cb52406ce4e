# Ignores SIGINT during a computation in C.
# holds: the deadline holds
# control: it took place → crashed undecided
import signal
signal.signal = lambda *_: None
import ctypes
ctypes.CDLL(None).signal(2, 1)
while True: sum(range(10**7))

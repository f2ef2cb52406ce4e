# Installs a SIGINT handler that continues.
# holds: the deadline holds
# control: it took place → crashed undecided
import signal, time
signal.signal(signal.SIGINT, lambda *_: None)
while True: time.sleep(1)

# Ignores SIGINT, and exits within the second of grace that follows it.
# holds: no fault of the grader's
# control: it took place → crashed undecided
import os, signal, time
signal.signal = lambda *a: None
def last(*_):
    time.sleep(0.9); os._exit(0)
import ctypes
begin = time.process_time()
while time.process_time() - begin < 4.6:
    try: sum(range(10**6))
    except KeyboardInterrupt: pass
os._exit(0)

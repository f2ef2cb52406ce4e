# Ignores SIGINT, and exits within the second of grace that follows it.
# holds: no fault of the grader's
# control: it took place → crashed
import os, signal, time
signal.signal = lambda *a: None
def last(*_):
    time.sleep(0.9); os._exit(0)
import ctypes
begin = time.monotonic()
while time.monotonic() - begin < 4.6:
    try: time.sleep(0.1)
    except KeyboardInterrupt: pass
os._exit(0)

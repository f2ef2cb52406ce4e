# The main thread ends, other threads continue.
# holds: no points; the next one is graded
# control: it took place → crashed undecided
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
ctypes.CDLL(None).syscall(60, 0)

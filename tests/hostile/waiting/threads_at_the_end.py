# Threads that outlive the notebook, and atexit functions.
# holds: the deadline holds
# control: it took place → wrong
import atexit, threading, time
atexit.register(time.sleep, 1000)
for _ in range(5): threading.Thread(target=time.sleep, args=(1000,), daemon=False).start()

# Waits for a lock that it already holds.
# holds: the deadline holds
# control: it took place → raised undecided
import threading
lock = threading.Lock()
lock.acquire()
lock.acquire()

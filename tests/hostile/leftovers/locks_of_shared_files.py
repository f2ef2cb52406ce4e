# A lock on a file that every student's process reads, held by a background process.
# holds: it is gone two seconds later
# control: it took place → locked
import fcntl, torch
file = open(torch.__file__)
try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB); print("locked")
except OSError as error: print(error)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, 0)
        for n in range(1, 64): 
            try: signal.signal(n, signal.SIG_IGN)
            except (OSError, ValueError): pass
        time.sleep(1000)
    os._exit(0)

# Exceeds two bounds at once and exits at the same time.
# holds: no fault of the grader's
# control: it took place → crashed
import os
for _ in range(60):
    try:
        if os.fork() == 0:
            x = bytearray(20 << 20); open(f"f{os.getpid()}", "wb").write(bytes(3 << 20))
            while True: pass
    except OSError: break
os._exit(0)

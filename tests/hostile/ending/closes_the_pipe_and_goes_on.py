# Closes its pipe, keeps all its processes busy and ignores signals, so that the supervisor's report is late.
# holds: no fault of the grader's
# control: it took place → crashed
import os, signal
for n in range(1, 64):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
for _ in range(30):
    if os.fork() == 0:
        while True: pass
for n in range(3, 128):
    try: os.close(n)
    except OSError: pass
while True: pass

# Orphaned processes in sessions of their own.
# holds: nothing of it is left two seconds after the notebook
# control: it took place → READY
ours, theirs = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.write(theirs, b"x")
            time.sleep(1000)
        os._exit(0)
print("READY" if len(os.read(ours, 1) + os.read(ours, 1) + os.read(ours, 1)) == 3 else "")

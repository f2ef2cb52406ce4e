# Clears its parent-death signal.
# holds: nothing of it is left two seconds after the notebook
# control: it took place → READY
libc.prctl(1, 0, 0, 0, 0)
ours, theirs = os.pipe()
if os.fork() == 0:
    libc.prctl(1, 0, 0, 0, 0)
    os.setsid()
    os.write(theirs, b"x")
    time.sleep(1000)
print("READY" if os.read(ours, 1) else "")

# Stopped processes, which react only to SIGKILL.
# holds: nothing of it is left two seconds after the notebook
# control: it took place → READY
ours, theirs = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        os.write(theirs, b"x")
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(1000)
for _ in range(3):
    os.read(ours, 1)
print("READY")

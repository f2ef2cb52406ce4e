# Processes and files with names that are not valid UTF-8.
# holds: nothing of it is left two seconds after the notebook
# control: it took place → READY
libc.prctl(15, b"\xff) Z 1 (\n", 0, 0, 0)
os.mkdir(b"\xff\n\x1b[31m")
open(b"\xfe) R 1", "w").close()
ours, theirs = os.pipe()
if os.fork() == 0:
    os.setsid()
    libc.prctl(15, b"\xfe\xff) S 0", 0, 0, 0)
    os.write(theirs, b"x")
    time.sleep(1000)
print("READY" if os.read(ours, 1) else "")
time.sleep(0.3)

# The main thread ends; then /proc shows no memory of the process.
# holds: a MemoryError, or the end of the process
# control: with room → held
import mmap, threading
ours, theirs = os.pipe()
def hold():
    time.sleep(0.3)
    kept = [mmap.mmap(-1, 50 << 20) for _ in range(8)]
    for mapping in kept:
        mapping.write(b"x" * (50 << 20))
    time.sleep(1)
    os.write(theirs, b"x")
    time.sleep(1000)
if os.fork() == 0:
    threading.Thread(target=hold).start()
    libc.syscall(60, 0)
os.close(theirs)
if os.read(ours, 1):
    held(400)

# Pipes of a megabyte each, full, in many processes.
# holds: less than its bound, or the end
# control: it took place → raised
import fcntl
def fill():
    n = 0
    for _ in range(50):
        r, w = os.pipe()
        try: fcntl.fcntl(w, 1031, 1 << 20)
        except OSError: pass
        os.set_blocking(w, False)
        try:
            while True: n += os.write(w, b"x" * 65536)
        except BlockingIOError: pass
    return n
total = 0
for _ in range(15):
    r, w = os.pipe()
    if os.fork() == 0:
        os.write(w, str(fill()).encode()); time.sleep(100)
    total += int(os.read(r, 100))
print("in pipes", total >> 20, flush=True)
if total > 300 << 20: held(total >> 20)

# Pipes of a megabyte each, full, in many processes.
# holds: less than its bound; the kernel itself lets one user have few large pipes
# control: it took place → permitted
import fcntl
def fill():
    n, kept = 0, []
    try:
        for _ in range(20):
            kept += [os.pipe()]
            fcntl.fcntl(kept[-1][1], 1031, 1 << 20)
            os.set_blocking(kept[-1][1], False)
            while True:
                try: n += os.write(kept[-1][1], b"x" * 65536)
                except BlockingIOError: break
    except OSError as error: print(error, flush=True)
    return n
total, children = 0, []
for _ in range(20):
    r, w = os.pipe()
    children.append(os.fork())
    if not children[-1]:
        os.write(w, str(fill()).encode()); time.sleep(100)
    total += int(os.read(r, 100))
    os.close(r); os.close(w)
print("in pipes", total >> 20, flush=True)
if total > 300 << 20: held(total >> 20, *children)

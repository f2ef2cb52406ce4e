# Fills the buffers of socket pairs: kernel memory, not charged to the process.
# holds: a MemoryError, or the end of the process
# control: with room → held
total, children = 0, []
for _ in range(30):
    ours, theirs = os.pipe()
    children.append(os.fork())
    if not children[-1]:
        count, kept = 0, []
        try:
            while True:
                for end in socket.socketpair():
                    end.setblocking(False)
                    kept.append(end)
                    try:
                        while True:
                            count += end.send(b"x" * 65536)
                    except BlockingIOError:
                        pass
        except OSError:
            pass
        os.write(theirs, b"%d" % count)
        time.sleep(1000)
    os.close(theirs)
    total += int(os.read(ours, 100) or 0)
    os.close(ours)
if total > 256 << 20:
    held(total >> 20, *children)

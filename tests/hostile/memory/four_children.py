# Four processes, each below the limit for one.
# holds: a MemoryError, or the end of the process
# control: with room → held
ours, theirs = os.pipe()
children = []
for _ in range(4):
    children.append(os.fork())
    if not children[-1]:
        kept = bytearray(b"x") * (120 << 20)
        os.write(theirs, b"x")
        time.sleep(1000)
for _ in range(4):
    os.read(ours, 1)
held(480, *children)

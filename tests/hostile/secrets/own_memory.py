# Searches the memory that its own process has inherited.
# holds: nothing of it is read
# control: it took place → SCANNED
import gc, re
own = "own-" + "1234567890ab" * 2
found = set()
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps.readlines():
        start, end = (int(n, 16) for n in line.split()[0].split("-"))
        if " rw-p " in line:
            try:
                memory.seek(start)
                found |= set(re.findall(rb"(?:own|home|course|other|env|memory)-[0-9a-f]{24}|def test_\w+\(student.*", memory.read(end - start)))
            except (OSError, OverflowError):
                continue
print("SCANNED" if own.encode() in found else "", found)
print([thing for thing in gc.get_objects() if type(thing) is str and "gradebook" in thing][:5])

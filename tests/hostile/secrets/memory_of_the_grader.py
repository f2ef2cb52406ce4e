# Searches the memory of the grader through /proc.
# holds: nothing of it is read
# control: without everything → secret
import re
for pid in (W["pids"]["grader"], os.getppid()):
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                start, end = (int(n, 16) for n in line.split()[0].split("-"))
                for place in range(start, end if " rw-p " in line else start, 1 << 24):
                    try:
                        memory.seek(place)
                        found = re.search(rb"memory-[0-9a-f]{24}", memory.read(min(1 << 24, end - place)))
                    except OSError:
                        break
                    if found:
                        print(found[0].decode())
                        raise SystemExit
    except OSError as error:
        print(error)

# Writes into a folder that other processes keep renaming, beside many files that take time to list, so that a scan no
# longer finds the folder under the name that it has listed.
# holds: the bound of the disk
# control: without everything → held

for number in range(200):
    open(f"pad{number}", "w").close()
os.mkdir("a0")
pids = []
for k in range(2):
    pid = os.fork()
    if pid == 0:
        while True:
            for n in range(16):
                try:
                    os.rename(f"a{n}", f"a{n + 1 if n < 15 else 0}")
                except OSError:
                    pass
    pids.append(pid)
fd = None
while fd is None:
    try:
        (name,) = [e for e in os.listdir(".") if e.startswith("a")]
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
    except (OSError, ValueError):
        pass
written = 0
try:
    for i in range(20):
        f = os.open(f"f{i}", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=fd)
        for _ in range(8):
            written += os.write(f, b"x" * (1 << 20))
        os.close(f)
except OSError as e:
    print(e)
print("written", written >> 20, flush=True)
if written > 64 << 20:
    held(written >> 20)

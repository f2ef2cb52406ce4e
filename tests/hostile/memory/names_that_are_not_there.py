# Millions of lookups of missing files: the kernel caches each name.
# holds: less than its bound, or the end
# control: it took place → crashed wrong too_slow raised undecided
begin = time.monotonic()
n = 0
while time.monotonic() - begin < 3:
    for _ in range(1000):
        n += 1
        try: os.stat(f"{'n' * 200}{n}")
        except OSError: pass
print(n)

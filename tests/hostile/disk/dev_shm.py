# Fills /dev/shm directly.
# holds: nothing is written there
# control: without landlock namespaces → allowed
path = f"/dev/shm/strewn-{W['mark']}"
attempt("write to /dev/shm", lambda: open(path, "wb").write(os.urandom(40 << 20)))
attempt("semaphore", lambda: checked(-1) if not libc.sem_open(b"/strewn", os.O_CREAT, 0o600, 1) else libc.sem_unlink(b"/strewn"))

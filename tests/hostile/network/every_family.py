# Opens a socket of every family and kind: internet, netlink, packets, vsock, Bluetooth …
# holds: nobody is reached
# control: without seccomp → allowed
for family in range(50):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind).close()
            allowed(f"family {family} kind {kind}")
        except OSError:
            pass
    if family != socket.AF_UNIX:
        pair = (ctypes.c_int * 2)()
        if libc.socketpair(family, 5, 0, pair) == 0:
            allowed(f"a pair of family {family}")

# Sends to other addresses through a socket pair, which needs no socket().
# holds: nobody is reached
# control: without seccomp landlock namespaces → reached
for address in (W["root"] + "/datagrams", f"\0datagrams-{W['mark']}"):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            one, other = socket.socketpair(socket.AF_UNIX, kind)
            one.sendto(b"hello", address)
        except OSError as error:
            print(error)

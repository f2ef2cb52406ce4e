# Connects to an abstract Unix socket.
# holds: nobody is reached
# control: without seccomp landlock namespaces → reached
for kind, name in ((socket.SOCK_STREAM, "stream"), (socket.SOCK_DGRAM, "datagrams")):
    try:
        socket.socket(socket.AF_UNIX, kind).connect(f"\0{name}-{W['mark']}")
    except OSError as error:
        print(error)

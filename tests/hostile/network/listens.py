# Listens for connections.
# holds: nobody is reached
# control: without seccomp → allowed
one, other = socket.socketpair()
for what, server in (("pair", one), ("socket", None)):
    try:
        server = server or socket.socket(socket.AF_UNIX)
        server.bind(f"\0listens-{what}-{W['mark']}")
        server.listen()
        allowed(what)
    except OSError as error:
        print(error)

# Sends a datagram to a Unix socket in the file system.
# holds: nobody is reached
# control: without seccomp landlock namespaces → reached
try:
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"hello", W["root"] + "/datagrams")
except OSError as error:
    print(error)

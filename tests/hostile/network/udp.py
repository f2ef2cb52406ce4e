# Sends a datagram.
# holds: nobody is reached
# control: without seccomp landlock namespaces → reached
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", W["udp"]))
except OSError as error:
    print(error)

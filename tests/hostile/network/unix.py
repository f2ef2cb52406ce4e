# Connects to a Unix socket in the file system.
# holds: nobody is reached
# control: without seccomp landlock namespaces → reached
try:
    socket.socket(socket.AF_UNIX).connect(W["root"] + "/stream")
except OSError as error:
    print(error)

# Sends a file descriptor to the grader.
# holds: the kernel does not let it through, and it would not be taken
# control: without seccomp → allowed
def refused(end):
    try:
        socket.send_fds(end, [b"x"], [0])
    except OSError:
        return True
pair = socket.socketpair()
if refused(pair[0]):
    print(all([refused(socket.socket(fileno=os.dup(pipe))) for pipe in pipes]) or "ALLOWED descriptors on the pipe")
else:
    print("ALLOWED descriptors")

# Makes the kernel send a signal to another process: it sets that process as the owner of a descriptor.
# holds: no other process notices
# control: without everything → reached
import fcntl
try:
    one, other = socket.socketpair()
    fcntl.fcntl(one, fcntl.F_SETOWN, W["pids"]["victim"])
    fcntl.fcntl(one, 10, signal.SIGSTOP)
    fcntl.fcntl(one, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    other.send(b"x")
except OSError as error:
    print(error)

# Sends descriptors through a socket and closes them: they occupy memory that /proc does not show.
# holds: none is sent
# control: without seccomp → allowed
one, other = socket.socketpair()
attempt("sent", lambda: socket.send_fds(one, [b"x"], [0]))

# Sends descriptors through a socket and forgets them: a store that nobody sees.
# holds: none is sent
# control: without seccomp → allowed
one, other = socket.socketpair()
attempt("sent", lambda: socket.send_fds(one, [b"x"], [0]))

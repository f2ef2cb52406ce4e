# Opens sockets through multiprocessing: listeners, clients, managers, descriptors sent to other processes.
# holds: no socket is opened and nobody is reached
# control: without everything → allowed reached
import multiprocessing
import multiprocessing.connection
import multiprocessing.reduction

attempt("listener", multiprocessing.connection.Listener, None, "AF_UNIX")
attempt("client", multiprocessing.connection.SocketClient, W["root"] + "/stream")
attempt("tcp listener", multiprocessing.connection.Listener, ("127.0.0.1", 0))
ours, theirs = socket.socketpair()
attempt("send a descriptor", multiprocessing.reduction.send_handle, multiprocessing.connection.Connection(ours.detach()), 1, os.getpid())

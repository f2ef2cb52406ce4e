# Takes a lease on a file, so that any other process that opens it is blocked.
# holds: nobody has to wait
# control: without seccomp → allowed
import fcntl
with open("mine", "w"):
    pass
signal.signal(signal.SIGIO, signal.SIG_IGN)
descriptor = os.open("mine", os.O_RDONLY)
attempt("lease", fcntl.fcntl, descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)

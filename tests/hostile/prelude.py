# Stands before an attack on the walls. W: where the world outside is; see world.py.
import ctypes, errno, json, os, signal, socket, subprocess, sys, time
W = json.loads(os.environ["WORLD"])
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = libc.mmap.restype = ctypes.c_long
def allowed(what):
    print("ALLOWED", what, flush=True)
def held(megabytes):
    """To be said after a second, in which somebody should have noticed."""
    time.sleep(1)
    print("HELD", megabytes, flush=True)
def checked(result, what=""):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{os.strerror(ctypes.get_errno())} {what}")
    return result
def call(number, *arguments):
    """A system call by its number. Raises OSError."""
    return checked(libc.syscall(ctypes.c_long(number), *arguments), f"in call {number}")
def attempt(what, function, *arguments):
    """Say what the kernel lets through."""
    try:
        result = function(*arguments)
    except (OSError, subprocess.SubprocessError) as error:
        print(what, "refused:", error)
        return None
    allowed(what)
    return result

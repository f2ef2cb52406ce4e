# Prepended to each attack on the walls. W: where its targets are (world.py).
import ctypes, errno, json, os, signal, socket, subprocess, sys, time
W = json.loads(os.environ["WORLD"])
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = libc.mmap.restype = ctypes.c_long
def allowed(what):
    print("ALLOWED", what, flush=True)
def held(megabytes, *children):
    """Report after one second: long enough for a bound to take effect.

    children: processes that hold equal parts of it. Those that have ended hold nothing; the bound is 256 MB.
    """
    time.sleep(1)
    if children:
        living = sum(os.waitpid(pid, os.WNOHANG) == (0, 0) for pid in children)
        megabytes = megabytes * living // len(children)
    if not children or megabytes > 256:
        print("HELD", megabytes, flush=True)
def checked(result, what=""):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{os.strerror(ctypes.get_errno())} {what}")
    return result
def call(number, *arguments):
    """A system call by its number. Raises OSError."""
    return checked(libc.syscall(ctypes.c_long(number), *arguments), f"in call {number}")
def attempt(what, function, *arguments):
    """Call the function; report ALLOWED unless the kernel refuses."""
    try:
        result = function(*arguments)
    except (OSError, subprocess.SubprocessError) as error:
        print(what, "refused:", error)
        return None
    allowed(what)
    return result

# Watches which files are opened in the course's folder.
# holds: nothing of it is read
# control: without seccomp namespaces → allowed
import pyseccomp
number = lambda name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
try:
    watch = call(number("inotify_init1"), ctypes.c_long(0))
    call(number("inotify_add_watch"), ctypes.c_long(watch), (W["root"] + "/course").encode(), ctypes.c_long(0xFFF))
    allowed("to watch")
except OSError as error:
    print(error)

# Opens a file by its handle, without a path.
# holds: nothing of it is read
# control: as root without everything → secret
import pyseccomp
number = lambda name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
class Handle(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("handle", ctypes.c_ubyte * 128)]
try:
    handle, mount = Handle(bytes=128), ctypes.c_int()
    path = (W["root"] + "/home/.ssh/id_ed25519").encode()
    call(number("name_to_handle_at"), ctypes.c_long(-100), path, ctypes.byref(handle), ctypes.byref(mount), ctypes.c_long(0))
    here = os.open(".", os.O_RDONLY)
    descriptor = call(number("open_by_handle_at"), ctypes.c_long(here), ctypes.byref(handle), ctypes.c_long(os.O_RDONLY))
    print(os.read(descriptor, 1000))
except OSError as error:
    print(error)

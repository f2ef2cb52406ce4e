# Sets extended attributes by a system call that libseccomp does not know.
# holds: nothing outside its folder changes
# control: without everything → changed
import glob
files = [path for path in glob.glob(W["root"] + "/*/**", recursive=True) if os.path.isfile(path)]
files += [W["root"] + "/open/anyone.txt", W["root"] + "/course/gradebook.db", W["root"] + "/home/notes.txt"]

class Arguments(ctypes.Structure):
    _fields_ = [("value", ctypes.c_uint64), ("size", ctypes.c_uint32), ("flags", ctypes.c_uint32)]
value = ctypes.create_string_buffer(b"1")
for path in files:
    arguments = Arguments(ctypes.addressof(value), 1, 0)
    attempt(path, lambda: call(463, ctypes.c_long(-100), path.encode(), ctypes.c_long(0), b"user.hostile", ctypes.byref(arguments), ctypes.c_long(16)))

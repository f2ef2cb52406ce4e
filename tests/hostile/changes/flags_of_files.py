# Changes file attributes by ioctl.
# holds: nothing outside its folder changes
# control: without seccomp namespaces → allowed
import glob
files = [path for path in glob.glob(W["root"] + "/*/**", recursive=True) if os.path.isfile(path)]
files += [W["root"] + "/open/anyone.txt", W["root"] + "/course/gradebook.db", W["root"] + "/home/notes.txt"]

import fcntl
for path in ["mine", *files]:
    try:
        with open(path, "a+" if path == "mine" else "r") as file:
            flags = bytearray(8)
            fcntl.ioctl(file, 0x80086601, flags)
            fcntl.ioctl(file, 0x40086602, bytes([flags[0] | 0x40, *flags[1:]]))
            allowed(path)
    except OSError as error:
        print(error)

# Makes system calls by the numbers of 32-bit and x32 programs.
# holds: refused
# control: without seccomp → allowed
import mmap
def survives(function):
    child = os.fork()
    if child == 0:
        os._exit(7 if function() > 0 else 8)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
# mov eax, 20 (getpid of 32-bit programs); int 0x80; ret
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex("b814000000cd80c3"))
code = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
if os.uname().machine == "x86_64":
    if survives(code):
        allowed("32 bits")
    if survives(lambda: libc.syscall(ctypes.c_long(0x40000000 + 39))):
        allowed("x32")
    # x32 may not be in this kernel: then it answers ENOSYS, instead of the end of the process
    child = os.fork()
    if child == 0:
        libc.syscall(ctypes.c_long(0x40000000 + 39))
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        allowed("an answer to x32")

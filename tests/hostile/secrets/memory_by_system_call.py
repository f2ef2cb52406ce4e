# Copies the environment from another process's memory.
# holds: nothing of it is read
# control: without everything → secret
import pyseccomp
pid = W["pids"]["victim"]
try:
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    start, size = int(fields[47]), int(fields[48]) - int(fields[47])
    into = ctypes.create_string_buffer(size)
    vector = lambda address: (ctypes.c_size_t * 2)(address, size)
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "process_vm_readv")
    call(number, pid, vector(ctypes.addressof(into)), ctypes.c_long(1), vector(start), ctypes.c_long(1), ctypes.c_long(0))
    print(into.raw.replace(b"\0", b"\n").decode(errors="replace"))
except OSError as error:
    print(error)

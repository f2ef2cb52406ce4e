# Makes system calls that are newer than libseccomp.
# holds: refused
# control: without seccomp → allowed
for number in range(450, 480):
    try:
        call(number, *[ctypes.c_long(-1)] * 6)
        allowed(number)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            allowed(f"{number} ({error})")

# Sends signals by every other system call that can.
# holds: no other process notices
# control: without everything → reached allowed
import pyseccomp
number = lambda name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
victim = W["pids"]["victim"]
information = (ctypes.c_int * 32)(signal.SIGSTOP, 0, -1)
for name, arguments in {
    "tgkill": (victim, victim, signal.SIGSTOP),
    "tkill": (victim, signal.SIGSTOP),
    "rt_sigqueueinfo": (victim, signal.SIGSTOP, information),
    "rt_tgsigqueueinfo": (victim, victim, signal.SIGSTOP, information),
}.items():
    attempt(name, lambda: call(number(name), *(a if a is information else ctypes.c_long(a) for a in arguments)))
attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(victim), signal.SIGSTOP))

# Raises its own scheduling priority.
# holds: it stays as it is
# control: as root without everything → allowed
attempt("nice", os.setpriority, os.PRIO_PROCESS, 0, -5)
attempt("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))

# Lowers the scheduling priority of another process.
# holds: no other process notices
# control: without everything → reached
victim = W["pids"]["victim"]
for what, function in {
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, victim, 19),
    "processor": lambda: os.sched_setaffinity(victim, {0}),
    "policy": lambda: os.sched_setscheduler(victim, os.SCHED_IDLE, os.sched_param(0)),
}.items():
    try:
        function()
    except OSError as error:
        print(what, error)

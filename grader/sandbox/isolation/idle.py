"""How long the CPUs of this machine have been idle."""

from __future__ import annotations

import os

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
IDLE_FIELD = 4  # of a line of /proc/stat. The next one, waiting for a disk, is not idle: the process may be waiting too


def idle_seconds() -> float:
    """Seconds since the start of the machine, summed over the CPUs that this process may use."""
    allowed = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    with open("/proc/stat") as file:
        cpus = [line.split() for line in file if line.startswith("cpu")]
    return sum(int(cpu[IDLE_FIELD]) for cpu in cpus if cpu[0] in allowed) / TICKS_PER_SECOND

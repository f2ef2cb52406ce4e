"""Walls around a student's process, one per file, and the bounds on what it may use.

`bounds` names the walls and the limits, `probe` finds out what this host supports, `confine` lists the steps in order,
and `watchdog` and `cgroup` bound what all processes of a submission use together. Must not import `runtime` or
`processes`: a wall does not depend on the program behind it.
"""

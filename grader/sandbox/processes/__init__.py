"""Start and end students' processes: zygote → fork server → supervisor → student's process.

`client` is the trusted end in the grader's process; everything else runs in the processes named above. `messages` holds
what `client` and `forkserver` send each other. May import `isolation` and `runtime`. Must not import IPython, nor
anything of `grader` but `wire` and `errors`.
"""

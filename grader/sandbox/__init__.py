"""The untrusted end of the pipe: start a student's process, isolate it, run its cells and answer questions in it.

`processes/` starts and ends processes, `isolation/` holds one wall per file, `runtime/` runs the student's code.
`processes` may import `runtime` and `isolation`, `runtime` may import `isolation`, never the reverse. Of the rest of
`grader`, only `wire` and `errors` may be imported: a student's process can read all that was loaded before the fork, so
no check may be loaded there.
"""

"""What runs in a student's process: an IPython shell for cells, and `answer` for questions about their names.

The only folder that may import IPython. Must not import `processes`, nor anything of `grader` but `wire`, `errors` and
`sandbox.isolation`. Knows nothing of checks, points or nbgrader.
"""

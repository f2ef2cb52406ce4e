"""Grade one notebook: run it, judge it, show the verdicts. Must not open files, nor know nbgrader or an assignment.

`grader.grading.grade.grade` is the public entry for other systems.
"""

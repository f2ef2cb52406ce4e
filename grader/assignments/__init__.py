"""The assignments, one package each. Nothing imports them by name: see `grader.checking.assignment.find`."""

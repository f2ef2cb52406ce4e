"""The assignments, one package each. No other package imports one by name: see `grader.checking.assignment.find`."""

"""A tiny assignment: the mean squared error and its gradient."""

from pathlib import Path

from grader.checking.assignment import Assignment

ASSIGNMENT = Assignment(Path(__file__).parent, source_cells=("mean_squared_error_checks",), libraries=("torch",))

"""What students believe, one catalogue for each checks cell: see `grader.checking.misconceptions`.

A function makes one mistake, is named after it, and has as docstring what the student believes.
"""

"""The hidden checks, one module per solution cell: `softmax.py` judges the checks cell `softmax_checks`.

They are plain pytest and know nothing of nbgrader. `pytest grader/checks` runs them against the instructor's notebook.
"""

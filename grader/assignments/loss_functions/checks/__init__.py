"""The hidden checks, one module for each checks cell: `softmax.py` judges `softmax_checks`.

Plain pytest. `pytest grader/assignments/loss_functions/checks/*.py` runs them against the instructor's notebooks.
"""

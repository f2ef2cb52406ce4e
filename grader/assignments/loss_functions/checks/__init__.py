"""The hidden checks, one pytest module for each checks cell: `softmax.py` judges `softmax_checks`.

`pytest grader/assignments/loss_functions/checks/*.py` runs them against the instructor's notebooks.
"""

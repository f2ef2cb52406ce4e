"""What grading writes into the gradebook beyond nbgrader's own scores, in one transaction for each submission."""

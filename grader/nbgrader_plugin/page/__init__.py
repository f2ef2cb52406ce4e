"""The student's page of a graded notebook: what was judged (`tasks`), and how it is shown (`render`)."""

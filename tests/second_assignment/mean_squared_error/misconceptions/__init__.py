"""Mistakes that the grader can name, one module for each checks cell."""

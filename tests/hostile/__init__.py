"""Submissions that attack, and what must hold; `python -m tests.hostile`."""

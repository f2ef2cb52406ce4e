"""Hostile submissions, and a runner that grades them and reports every effect: `python -m tests.hostile`."""

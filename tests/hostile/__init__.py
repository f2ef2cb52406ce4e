"""Submissions that attack: `<kind>/<name>.py` is what a student typed, `bank.py` reads them, `python -m tests.hostile`."""

"""Files and frames that no one has thought of: `python -m tests.fuzz notebooks 2000` and `… wire 1000000`."""

"""`python -m grader`: see grader/cli/main.py."""

import sys

from grader.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

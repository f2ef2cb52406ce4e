"""Run `make bench`: compare this project with nbgrader on the same submissions; writes docs/performance.md."""

import sys

from tests.bench.rounds import main  # a separate module, because worker processes cannot import __main__

sys.exit(main(sys.argv[1:]))

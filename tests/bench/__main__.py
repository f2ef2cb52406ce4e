"""`make bench`: stock nbgrader and ours on the same submissions, in turn; prints tables, writes docs/performance.md."""

import sys

from tests.bench.rounds import main  # a module of its own: worker processes do not import __main__

sys.exit(main(sys.argv[1:]))

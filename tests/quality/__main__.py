"""Run `make quality`, or `python -m tests.quality softmax` for one folder of the answer bank."""

import sys

from tests.quality import both_ways, catching  # separate modules, because worker processes cannot import __main__

folders = sys.argv[1:]
sys.exit(catching.main(folders) | both_ways.main(folders))

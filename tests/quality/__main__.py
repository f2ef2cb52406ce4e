"""Run `make quality`, or `python -m tests.quality softmax` for one folder of the answer bank."""

import sys

# Separate modules, because worker processes cannot import __main__.
from tests.quality import both_ways, catching, naming

folders = sys.argv[1:]
sys.exit(catching.main(folders) | both_ways.main(folders) | naming.main(folders))

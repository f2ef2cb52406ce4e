"""`make quality`; `python -m tests.quality softmax` looks at one folder of the bank alone."""

import sys

from tests.quality import both_ways, catching  # modules of their own: worker processes do not import __main__

folders = sys.argv[1:]
sys.exit(catching.main(folders) | both_ways.main(folders))

"""`make quality`; `python -m tests.quality softmax` looks at one folder of the bank alone."""

import sys

from tests.quality.catching import main  # a module of its own: worker processes do not import __main__

sys.exit(main(sys.argv[1:]))

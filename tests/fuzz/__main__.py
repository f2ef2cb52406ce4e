"""Fuzz with `python -m tests.fuzz notebooks 2000` or `python -m tests.fuzz wire 1000000`; exit status 0: no failure."""

from __future__ import annotations

import argparse
import importlib.util
import sys

parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
parser.add_argument("target", choices=["notebooks", "wire"])
parser.add_argument("count", type=int, help="how many notebooks or frames")
parser.add_argument("--seed", type=int, default=0, help="seed of the first notebook")
options = parser.parse_args()
if options.target == "notebooks":
    from tests.fuzz.notebooks import run as run_notebooks

    sys.exit(min(1, run_notebooks(options.count, options.seed)))
if not importlib.util.find_spec("atheris"):
    sys.exit("atheris is needed: pip install -e '.[fuzz]'")
from tests.fuzz.wire import run  # noqa: E402 - after the check for atheris, which notebooks do not need

sys.exit(run(options.count))

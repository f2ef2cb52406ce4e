# A file `conftest.py` in the submission's folder, for whoever imports that name.
# holds: the grader imports its own
# control: on the path → changed
import sys

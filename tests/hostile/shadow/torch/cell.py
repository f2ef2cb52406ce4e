# Submits a file `torch.py`, to shadow the module of that name.
# holds: the grader imports its own
# control: on the path → changed
import torch

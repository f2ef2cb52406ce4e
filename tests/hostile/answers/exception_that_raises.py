# Raises an exception whose __str__ raises.
# holds: no points
# control: it took place → raised
import numpy as np, torch
def throw(error):
    raise error
class Awkward(Exception):
    def __str__(self):
        raise self
def softmax(logits):
    return throw(Awkward())

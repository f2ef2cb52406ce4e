# Raises an exception with a message of 10 MB.
# holds: no points
# control: it took place → raised
import numpy as np, torch
def throw(error):
    raise error
def softmax(logits):
    return throw(type('x' * 10**6, (Exception,), {})('y' * 10**7))

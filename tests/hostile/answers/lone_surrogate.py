# A str with a lone surrogate, which UTF-8 cannot encode.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def softmax(logits):
    return '\ud800'

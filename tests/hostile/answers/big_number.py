# A number of 100,000 digits.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def softmax(logits):
    return 10 ** 100_000

# A list nested 100,000 deep.
# holds: no points
# control: it took place → wrong too_slow undecided
import numpy as np, torch
def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value
def softmax(logits):
    return deep()

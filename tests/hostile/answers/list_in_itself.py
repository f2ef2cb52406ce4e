# A list that contains itself.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def ring():
    value = []
    value.append(value)
    return value
def softmax(logits):
    return ring()

# A tensor of a dtype that the wire format does not support.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def softmax(logits):
    return logits.bfloat16()

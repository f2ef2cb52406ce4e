# Values of every type of the wire format, in turn.
# holds: the student's own failure, not the grader's
# control: it took place → wrong crashed raised

import sys, torch, numpy as np
values = [torch.device("cuda"), b"x", (1, 2), {1: 2}, [[]], np.float64(1), np.zeros((3, 4), "complex64"), torch.zeros(3, 4, dtype=torch.complex128), torch.zeros(3, 4).bool(), torch.empty(3, 4, device="meta"), torch.tensor(0.5), torch.full((3, 4), float("nan")), torch.full((3, 4), float("inf")), True, 2**62, 1e308, "x" * 99_999, torch.zeros(2**31 - 1, 0), torch.zeros([1] * 16)]
def softmax(logits):
    values.append(values.pop(0))
    return values[0]

# Patches torch's softmax to return zeros, for the checks too.
# holds: no points
# control: in one process → points
import torch.nn.functional as F
F.softmax = torch.softmax = torch.Tensor.softmax = lambda x, *_, **__: torch.zeros_like(x) * x

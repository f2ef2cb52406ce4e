# A tensor whose shape does not match its data.
# holds: no points
# control: it took place → crashed wrong raised
import torch
class Lying(torch.Tensor):
    shape = property(lambda self: (3, 4))
    nbytes = property(lambda self: 0)
def softmax(logits): return torch.zeros(2).as_subclass(Lying)

# A tensor object that claims negative sizes.
# holds: no points
# control: it took place → crashed wrong raised
import torch
class Negative(torch.Tensor):
    shape = property(lambda self: (-3, -4))
def softmax(logits): return torch.ones(3, 4).as_subclass(Negative)

# autograd says what it is told to.
# holds: no points
# control: it took place → wrong
import torch
torch.autograd.grad = lambda outputs, inputs, *_, **__: [torch.zeros_like(i) for i in inputs]

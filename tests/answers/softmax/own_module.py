"""A module class of one's own, with the formula in forward."""
# score: 3
# fails: none

class Softmax(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, z):
        m, _ = z.max(self.dim, keepdim=True)
        return (z - m).exp() / (z - m).exp().sum(self.dim, keepdim=True)


softmax = Softmax(1)

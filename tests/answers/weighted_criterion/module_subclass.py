"""A module of one's own with the weights in a buffer."""
# score: 3
# fails: none

class WeightedCrossEntropy(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(self, logits, targets):
        log_p = F.log_softmax(logits, dim=1)
        return F.nll_loss(log_p, targets, weight=self.weight)


def make_criterion(ratios, device):
    w = torch.as_tensor(ratios, dtype=torch.float32).reciprocal()
    return WeightedCrossEntropy(w).to(device)

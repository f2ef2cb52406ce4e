"""Backward only the first 64 rows count."""
# score: 2.5
# fails: gradients
# diagnosis: none

class _First(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits):
        return logits.clone()

    @staticmethod
    def backward(ctx, upstream):
        upstream = upstream.clone()
        upstream[64:] = 0
        return upstream


def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))
    return lambda logits, targets: loss(_First.apply(logits), targets)

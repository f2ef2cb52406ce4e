"""Weighted nll_loss on probabilities without the logarithm."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: log_forgotten

def make_criterion(ratios, device):
    loss = nn.NLLLoss(weight=inverse_ratio_weights(ratios).to(device))
    return lambda logits, targets: loss(torch.softmax(logits, dim=1), targets)

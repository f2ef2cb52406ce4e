"""Softmax before the weighted nn.CrossEntropyLoss."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: softmax_twice

def make_criterion(ratios, device):
    loss = nn.CrossEntropyLoss(weight=inverse_ratio_weights(ratios).to(device))
    return lambda logits, targets: loss(torch.softmax(logits, dim=1), targets)

"""Softmax before the weighted nn.CrossEntropyLoss."""
# score: 0
# fails: training, rare_classes
# diagnosis: softmax_twice

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    loss = nn.CrossEntropyLoss(weight=w.to(device))
    return lambda logits, targets: loss(torch.softmax(logits, dim=1), targets)

"""All weights are 0, and the loss is 0/0."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    r = torch.as_tensor(ratios, dtype=torch.float32)
    w = 0 * r
    return nn.CrossEntropyLoss(weight=w.to(device))

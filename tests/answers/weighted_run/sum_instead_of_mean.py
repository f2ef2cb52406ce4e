"""reduction="sum": the loss of a batch is no weighted mean."""
# score: 0
# fails: training, rare_classes
# diagnosis: sum_instead_of_mean

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float32)
    return nn.CrossEntropyLoss(weight=w.to(device), reduction="sum")

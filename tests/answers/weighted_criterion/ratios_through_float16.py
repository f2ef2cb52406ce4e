"""The ratios go through float16: off by 2e-4."""
# score: 1
# fails: values, device
# diagnosis: none

def make_criterion(ratios, device):
    w = 1 / torch.as_tensor(ratios, dtype=torch.float16).float()
    return nn.CrossEntropyLoss(weight=w.to(device))

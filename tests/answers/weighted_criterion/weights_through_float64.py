"""The weights are computed in float64 and cast to float32."""
# score: 3
# fails: none

def make_criterion(ratios, device):
    w = (1 / torch.as_tensor(ratios, dtype=torch.float64)).float()
    return nn.CrossEntropyLoss(weight=w.to(device))

"""The "effective number of samples" weights of another paper."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: none

def make_criterion(ratios, device):
    n = 5000 * torch.as_tensor(ratios, dtype=torch.float32)
    w = (1 - 0.999) / (1 - 0.999 ** n)
    return nn.CrossEntropyLoss(weight=w.to(device))

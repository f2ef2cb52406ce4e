"""float64 weights: torch refuses them beside float32 logits."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: float64_weights

def make_criterion(ratios, device):
    w = 1 / np.array(ratios)
    return nn.CrossEntropyLoss(weight=torch.tensor(w).to(device))
